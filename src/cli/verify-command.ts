import type { Command } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { checkName } from '../base/names.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import { realDisk } from '../store/disk.ts';
import { type Report, verifyStore } from '../upkeep/verify-store.ts';
import { formatBytes } from './format.ts';
import { storeOption } from './store-option.ts';
import { onOneLine } from './text-columns.ts';

/** `millrace verify`: reads everything that is committed, and tells all that is not what was committed. */

const EXAMPLES = `
All is told that is wrong, and not only the first thing. What is amiss without harm stands below a topic that is sound.
The exit status is 0 where all is sound, and 5 where something committed is damaged or lost.

Examples:
  millrace verify
  millrace verify errors --store /var/lib/millrace
  millrace verify --json | jq 'select(.sound | not)'`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('[topic...]', 'topics to verify, with the jobs that write them (default: all)')
    .option('--json', 'print one JSON object a line: the store, each job, each topic')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topics: string[], { json, store }: { json?: boolean; store: string }) => {
      // Messages are escaped where they show names of files.
      const out = json === true ? standardOutput() : new FdWriter(1, false);
      let damaged = 0;
      const names = topics.map(topic => checkName(topic, 'topic'));
      for await (const report of verifyStore(realDisk, store, names)) {
        if (!report.sound) damaged++;
        const text = json === true ? `${JSON.stringify(report)}\n` : textOf(report);
        await out.write(Buffer.from(text, 'utf8'));
      }
      if (damaged > 0) throw damagedStore(store, damaged);
      exitWith(EXIT.done);
    });
}

/** A topic in a line, and what there is to tell of it below; of what is not a topic only where there is something. */
function textOf({ kind, name, sound, findings, ...figures }: Report): string {
  if (kind !== 'topic' && findings.length === 0) return '';
  const label = kind === 'topic' ? name : `${kind} ${name}`;
  const { events = 0, bytes = 0, segments = 0 } = figures;
  const told =
    kind === 'topic'
      ? ` (${events.toLocaleString('en-US')} events, ${formatBytes(bytes)}, segments: ${segments})`
      : '';
  const head = `${onOneLine(label)}: ${sound ? 'sound' : 'DAMAGED'}${told}\n`;
  return head + findings.map(finding => `  ${onOneLine(finding.message)}\n`).join('');
}

function damagedStore(store: string, parts: number): MillraceError {
  const what = parts === 1 ? 'one part' : `${parts} parts`;
  return new MillraceError(
    'MILLRACE_STORE_CORRUPT',
    `${what} of the store "${store}" ${parts === 1 ? 'is' : 'are'} damaged`,
    {
      hint: 'nothing was changed; `millrace repair` shows what can be done, if no copy of the store can be restored',
    },
  );
}
