import type { Command } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { listTopics } from '../store/topic-reader.ts';
import { verifyTopic } from '../store/verify.ts';
import { formatBytes } from './format.ts';
import { reportError } from './report-error.ts';
import { storeOption } from './store-option.ts';

/** `millrace verify`: reads everything that is committed, and says whether it is what was committed. */

const EXAMPLES = `
The exit status is 0 where all is sound, and 5 where something committed is damaged or lost.

Examples:
  millrace verify
  millrace verify errors --store /var/lib/millrace`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('[topic...]', 'topics to verify (default: all)')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topics: string[], flags: { store: string }) => {
      const names =
        topics.length > 0
          ? topics.map(topic => checkName(topic, 'topic'))
          : await listTopics(realDisk, flags.store);
      const out = standardOutput();
      let status: number = EXIT.done;
      for (const name of names) {
        try {
          const { events, bytes, segments, notes } = await verifyTopic(realDisk, flags.store, name);
          const figures = `${events.toLocaleString('en-US')} events, ${formatBytes(bytes)}, segments: ${segments}`;
          await out.write(
            Buffer.from(`${name}: sound (${figures})\n${notes.map(note => `  ${note}\n`).join('')}`),
          );
        } catch (error) {
          if (!(error instanceof MillraceError)) throw error;
          status = Math.max(status, reportError(error));
        }
      }
      exitWith(status);
    });
}
