import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { EXIT, MillraceError, reasonOf } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { exportTopic } from '../upkeep/export-topic.ts';
import { checkNeeds } from './option-uses.ts';
import { parseCount } from './parse-values.ts';
import { storeOption } from './store-option.ts';

/** `millrace export`: a topic as a file that can be moved. */

const EXAMPLES = `
Without --positions the events are written as they are, as "cat" does. With it each stands in a line with its offset and
commit time, and checksums let "millrace import" know that the export is whole: the topic then has the same offsets there.
The file of --out is there whole or not at all.

Examples:
  millrace export errors --out errors.ndjson
  millrace export errors --positions | ssh other millrace import errors
  millrace export errors --positions | jq -c 'select(.event) | [.offset, .event.status]'`;

interface Flags {
  readonly positions?: boolean;
  readonly out: string;
  readonly force?: boolean;
  readonly from: number | undefined;
  readonly store: string;
}

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<topic>', 'topic to export')
    .option('--positions', 'with offsets, times and checksums, to be imported as it was')
    .option('--from <offset>', 'begin at this offset', parseCount)
    .option('-o, --out <file>', 'write to this file; "-" is standard output', '-')
    .option('--force', 'write over a file that is there')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topic: string, flags: Flags) => {
      const { positions = false, from, out, force = false, store } = flags;
      checkNeeds(command, flags, { force: [{ words: '--out FILE', holds: () => out !== '-' }] });
      const pieces = exportTopic(realDisk, store, checkName(topic, 'topic'), { positions, from });
      if (out === '-') await toStandardOutput(pieces);
      else await toFile(out, force, pieces);
      exitWith(EXIT.done);
    });
}

async function toStandardOutput(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const out = standardOutput();
  for await (const piece of pieces) {
    await out.write(piece);
    if (out.closed) return;
  }
}

/** Writes beside the file, and puts it in its place when it is whole and durable. */
async function toFile(path: string, force: boolean, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  if (!force && (await isThere(path))) {
    throw new MillraceError('MILLRACE_TOPIC_EXISTS', `the file "${path}" is there already`, {
      hint: 'name another one, or write over it with --force',
    });
  }
  const partial = `${path}.partial`;
  try {
    await writeDurably(partial, pieces);
    await rename(partial, path);
    const directory = await open(dirname(path), 'r');
    await directory.sync().finally(() => directory.close());
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function writeDurably(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
