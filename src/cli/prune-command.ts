import type { Command } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { checkName, stateJobOf } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { planPrune, prune, type Pruned } from '../store/prune.ts';
import type { Retention } from '../store/retention.ts';
import { cutText } from './cut-text.ts';
import { formatBytes } from './format.ts';
import { parseRetention } from './parse-retention.ts';
import { printError } from './report-error.ts';
import { storeOption } from './store-option.ts';

/** `millrace prune`: removes the oldest events of topics that nobody writes just now. */

interface Flags {
  readonly retain: Retention;
  readonly dryRun?: boolean;
  readonly store: string;
}

const EXAMPLES = `
Whole sealed segments go, from the oldest on, when all that is in them lies beyond one of the limits: what a limit names is
always kept, and up to one segment more. Offsets stay what they are; who reads before the earliest that is kept is told so.
A run does the same while it writes with --retain.

Examples:
  millrace prune errors --retain 7d
  millrace prune errors --retain 7d,10GB --dry-run
  millrace prune errors errors.dead --retain "1000000 events"`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<topic...>', 'topics whose oldest events are to go')
    .requiredOption(
      '--retain <limits>',
      'what is kept: an age (7d), a size on the disk (10GB), "1000000 events", or several: 7d,10GB',
      parseRetention,
    )
    .option('--dry-run', 'only say what would be removed')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topics: string[], { retain, dryRun, store }: Flags) => {
      for (const topic of topics) checkPrunable(checkName(topic, 'topic'));
      const out = standardOutput();
      for (const topic of topics) {
        const pruned = await (dryRun === true ? planPrune : prune)(realDisk, store, topic, retain);
        for (const cut of pruned.cuts) printError(cutText(cut));
        await out.write(Buffer.from(`${topic}: ${reportOf(pruned, dryRun === true)}\n`));
      }
      exitWith(EXIT.done);
    });
}

function checkPrunable(topic: string): void {
  if (stateJobOf(topic) === undefined) return;
  throw new MillraceError('MILLRACE_USAGE', `"${topic}" holds state, which would be lost`, {
    hint: `"millrace compact ${topic}" makes it smaller`,
  });
}

function reportOf({ segments, events, bytes, earliest }: Pruned, isPlan: boolean): string {
  const kept = `the earliest offset ${isPlan ? 'would be' : 'is'} ${earliest}`;
  if (segments === 0) return `nothing to remove; the earliest offset is ${earliest}`;
  const figures = `${events.toLocaleString('en-US')} events (${formatBytes(bytes)}, segments: ${segments})`;
  return `${isPlan ? 'would remove' : 'removed'} ${figures}; ${kept}`;
}
