import { type Command, Option } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { checkName, stateJobOf, topicOfDead } from '../base/names.ts';
import { parsePath } from '../kernel/path.ts';
import { compact, type Compacted, type CompactOptions, packSealed } from '../store/compact.ts';
import { realDisk } from '../store/disk.ts';
import { cutText } from './cut-text.ts';
import { formatBytes } from './format.ts';
import { printError } from './report-error.ts';
import { catchSignals } from './signals.ts';
import { storeOption } from './store-option.ts';

/** `millrace compact`: keeps the last event of each key, or compresses, in topics that nobody writes just now. */

interface Flags {
  readonly byKey?: string;
  readonly compress?: 'gzip';
  readonly store: string;
}

const EXAMPLES = `
Of the events in sealed segments the last one of each key is kept, and those without a key; what the last segment has
supersedes them as well, and is left as it is. Offsets stay what they are: some are missing after that.
A topic of state needs no --by-key.

Examples:
  millrace compact users --by-key id
  millrace compact users --by-key id --compress gzip
  millrace compact errors --compress gzip
  millrace compact users.state`;

const CLOSING_BRACE = 0x7d;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<topic...>', 'topics to make smaller')
    .option('--by-key <path>', 'keep the last event of each value of this: user.id, or a JSON Pointer')
    .addOption(new Option('--compress <how>', 'compress sealed segments').choices(['gzip']))
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topics: string[], flags: Flags) => {
      for (const topic of topics) checkCompactable(topic, flags);
      const signals = catchSignals();
      const out = standardOutput();
      try {
        for (const topic of topics) {
          const options = compactOptions(topic, flags);
          if (options !== undefined) {
            const compacted = await compact(realDisk, flags.store, topic, options);
            for (const cut of compacted.cuts) printError(cutText(cut));
            await out.write(Buffer.from(`${topic}: ${reportOf(compacted)}\n`));
          }
          if (flags.compress === undefined) continue;
          const bytes = await packSealed(realDisk, flags.store, topic, signals.interrupted);
          await out.write(Buffer.from(`${topic}: ${formatBytes(bytes)} on the disk\n`));
          if (signals.interrupted.aborted) break;
        }
        exitWith(signals.interrupted.aborted ? signals.exitStatus : EXIT.done);
      } finally {
        signals.release();
      }
    });
}

function checkCompactable(topic: string, { byKey, compress }: Flags): void {
  checkName(topic, 'topic');
  if (byKey !== undefined) parsePath(byKey);
  const isState = stateJobOf(topic) !== undefined;
  if (byKey === undefined && compress === undefined && !isState) {
    throw new MillraceError('MILLRACE_USAGE', `it is not said what is to be done with "${topic}"`, {
      hint: 'name a key (--by-key user.id), or compress it (--compress gzip)',
    });
  }
  if (byKey !== undefined && (isState || topicOfDead(topic) !== undefined)) {
    throw new MillraceError('MILLRACE_USAGE', `"${topic}" cannot be compacted by a key`, {
      hint: isState
        ? 'leave --by-key away: it is known what the key of a state is'
        : 'no dead letter supersedes another; remove old ones with "millrace prune"',
    });
  }
}

function compactOptions(topic: string, { byKey }: Flags): CompactOptions | undefined {
  if (stateJobOf(topic) !== undefined) return { key: 'key', isTombstone: isForgotten };
  return byKey === undefined ? undefined : { key: byKey };
}

/** Whether a change of state, `{"key":"a"}`, says that the key has no value any more. */
function isForgotten(line: Uint8Array, keyEnd: number): boolean {
  return line[keyEnd + 1] === CLOSING_BRACE;
}

function reportOf({ eventsBefore, events, bytesBefore, bytes }: Compacted): string {
  if (events === eventsBefore) return 'nothing to remove';
  const [kept, all] = [events.toLocaleString('en-US'), eventsBefore.toLocaleString('en-US')];
  return `kept ${kept} of ${all} events (${formatBytes(bytes)} of ${formatBytes(bytesBefore)})`;
}
