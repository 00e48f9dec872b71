import type { Command } from 'commander';
import { EXIT } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { keptEvents } from '../store/frame.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { filterLines } from './event-printer.ts';
import { addPrintingOptions, checkPrinting, type PrintingFlags, openFilter } from './filter-options.ts';
import { storeOption } from './store-option.ts';

/**
 * `millrace cat`: the committed events of a topic, byte for byte, every one checked against its checksum; or some of them,
 * or some of their fields.
 */

const EXAMPLES = `
Examples:
  millrace cat errors | jq .
  millrace cat errors | sha256sum
  millrace cat errors --where 'latency_ms > 1000' --select ts,path
  millrace cat errors.dead`;

export function define(command: Command, exitWith: (status: number) => void): void {
  addPrintingOptions(command)
    .argument('<topic>', 'topic to print')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topic: string, flags: PrintingFlags & { store: string }) => {
      checkPrinting(command, flags);
      const filter = await openFilter(flags);
      const out = standardOutput();
      try {
        const reader = await TopicReader.open(realDisk, flags.store, checkName(topic, 'topic'));
        for await (const run of reader.runs()) {
          const filtered = filter && (await filterLines(filter, topic, run));
          await out.write(filtered?.bytes ?? keptEvents(run));
          if (out.closed) break;
          if (filtered?.undecided !== undefined) throw filtered.undecided;
        }
      } finally {
        await filter?.close();
      }
      exitWith(EXIT.done);
    });
}
