import type { Command } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { changeOf } from '../base/keyed-state.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { readState } from '../store/read-state.ts';
import { storeOption } from './store-option.ts';

/** `millrace state`: what a job remembers for its keys, as of its last commit, also while it runs. */

const EXAMPLES = `
Examples:
  millrace state counts
  millrace state counts 10.0.0.3
  millrace state counts | jq -c 'select(.value > 100)'`;

const PIECE_CHARS = 64 * 1024;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<job>', 'job whose state to print; a job is named after its topic')
    .argument('[key]', 'print just the value of this key')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (job: string, key: string | undefined, flags: { readonly store: string }) => {
      const state = await readState(realDisk, flags.store, checkName(job, 'job'));
      const out = standardOutput();
      if (key !== undefined) {
        const json = state.get(key);
        if (json === undefined) throw noState(job, key);
        await out.write(Buffer.from(`${json}\n`));
      } else {
        let text = '';
        // By key: in which order the changes came says something about chunks, and nothing about the state.
        const entries = [...state.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
        for (const [name, json] of entries) {
          text += changeOf(name, json);
          if (text.length < PIECE_CHARS) continue;
          await out.write(Buffer.from(text));
          text = '';
          if (out.closed) break;
        }
        if (!out.closed) await out.write(Buffer.from(text));
      }
      exitWith(EXIT.done);
    });
}

function noState(job: string, key: string): MillraceError {
  return new MillraceError('MILLRACE_KEY_NOT_FOUND', `the job "${job}" has no state for the key "${key}"`, {
    hint: `"millrace state ${job}" prints all keys`,
  });
}
