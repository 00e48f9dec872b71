import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { EXIT, MillraceError, reasonOf, systemCode } from '../base/errors.ts';
import { FdWriter } from '../base/fd-writer.ts';
import { checkTopicToWrite } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { appendTopic } from '../upkeep/append-topic.ts';
import { type Imported, importTopic } from '../upkeep/import-topic.ts';
import { formatBytes } from './format.ts';
import { segmentSizeOption, storeOption } from './store-option.ts';

/** `millrace import`: a topic made of an export, or of plain NDJSON. */

const EXAMPLES = `
Of an export with positions everything is checked, and the topic has the offsets and commit times that it had; plain NDJSON
begins at offset 0. It is imported as a whole or not at all: interrupted, the same command starts over. The topic belongs
to a job of its own name.

Examples:
  millrace import errors errors.ndjson
  ssh other millrace export errors --positions | millrace import errors
  zcat old.ndjson.gz | millrace import old
  millrace import errors more.ndjson --append`;

interface Flags {
  readonly append?: boolean;
  readonly segmentSize: number;
  readonly store: string;
}

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<topic>', 'topic to make')
    .argument('[file]', 'file to import; without one, or as "-", standard input')
    .option('--append', 'add to a topic that is there')
    .addOption(segmentSizeOption())
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topic: string, file: string | undefined, { append, segmentSize, store }: Flags) => {
      const into = append === true ? appendTopic : importTopic;
      const imported = await into(realDisk, store, checkTopicToWrite(topic), bytesOf(file), segmentSize);
      await new FdWriter(1, false).write(Buffer.from(doneText(topic, imported)));
      exitWith(EXIT.done);
    });
}

function doneText(topic: string, { events, bytes, earliest, next }: Imported): string {
  const range = events === 0 ? '' : `, offsets ${earliest} to ${next - 1}`;
  return `imported ${events.toLocaleString('en-US')} events into ${topic} (${formatBytes(bytes)}${range})\n`;
}

async function* bytesOf(file: string | undefined): AsyncGenerator<Uint8Array, void, void> {
  if (file === undefined && process.stdin.isTTY === true) {
    throw new MillraceError('MILLRACE_NO_INPUT', 'there is nothing to import: standard input is a terminal', {
      hint: 'name a file, or pipe events in; "-" takes what you type',
    });
  }
  const isStdin = file === undefined || file === '-';
  const stream: AsyncIterable<Buffer> = isStdin
    ? process.stdin
    : createReadStream(file, { highWaterMark: 1024 * 1024 });
  try {
    yield* stream;
  } catch (error) {
    if (systemCode(error) === undefined || error instanceof MillraceError) throw error;
    const code = systemCode(error) === 'ENOENT' ? 'MILLRACE_SOURCE_NOT_FOUND' : 'MILLRACE_SOURCE_READ';
    throw new MillraceError(code, `cannot read "${file ?? '-'}": ${reasonOf(error)}`, { cause: error });
  }
}
