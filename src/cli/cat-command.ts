import type { Command } from 'commander';
import { EXIT } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { storeOption } from './store-option.ts';

/** `millrace cat`: the committed events of a topic, byte for byte, every one checked against its checksum. */

const EXAMPLES = `
Examples:
  millrace cat errors | jq .
  millrace cat errors | sha256sum
  millrace cat errors.dead`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<topic>', 'topic to print')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topic: string, flags: { store: string }) => {
      const reader = await TopicReader.open(realDisk, flags.store, checkName(topic, 'topic'));
      const out = standardOutput();
      for await (const frame of reader.frames(0)) {
        await out.write(frame.bytes);
        if (out.closed) break;
      }
      exitWith(EXIT.done);
    });
}
