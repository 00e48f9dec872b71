import { createReadStream, fstatSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT, MillraceError, reasonOf, systemCode } from '../base/errors.ts';
import { FdWriter } from '../base/fd-writer.ts';
import { checkTopicToWrite } from '../base/names.ts';
import { openError } from '../base/open-error.ts';
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

/** Unlike those of a run, an import takes no globs. */
const HINTS = {
  ENOENT: 'check the path',
  EISDIR: 'an import takes one file, or what is piped in: cat DIR/*.ndjson | millrace import TOPIC',
};

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
  const name = file ?? '-';
  const isStdin = name === '-';
  // Of a directory there it would only be known that it has no bytes.
  if (isStdin && fstatSync(0).isDirectory()) throw openError(name, { code: 'EISDIR' }, HINTS);
  const stream: AsyncIterable<Buffer> = isStdin
    ? process.stdin
    : createReadStream(name, { highWaterMark: 1024 * 1024 });
  let hasBegun = false;
  try {
    for await (const piece of stream) {
      hasBegun = true;
      yield piece;
    }
  } catch (error) {
    if (systemCode(error) === undefined || error instanceof MillraceError) throw error;
    if (!hasBegun) throw openError(name, error, HINTS);
    throw new MillraceError('MILLRACE_SOURCE_READ', `cannot read "${name}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
