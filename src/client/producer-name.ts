import { createHash, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { isSpace } from '../base/line-bytes.ts';
import type { SourceSpec } from '../source/contract.ts';
import { openError } from '../base/open-error.ts';

/** How much of a file's first line counts. */
const FIRST_LINE_BYTES = 4096;

/** Who sends: under the name that is given, or under one that is never used again. */
export function senderNamed(name: string | undefined): {
  readonly producer: string;
  readonly isOnce: boolean;
} {
  return { producer: name ?? randomUUID(), isOnce: name === undefined };
}

/**
 * A name under which the lines of a source can be numbered: the same for the same file, so that the same command goes on,
 * also where the file has grown; another one for a file that has taken its place. Undefined for what cannot be read again.
 *
 * White space at the end of the first line does not count, because the line may be sent before that has come. Rejects with
 * MILLRACE_SOURCE_….
 */
export async function producerNameOf({ name, id }: SourceSpec): Promise<string | undefined> {
  if (id === undefined || name === '-') return undefined;
  const bytes = await firstBytesOf(name).catch((error: unknown) => {
    throw openError(name, error);
  });
  const newline = bytes.indexOf('\n');
  const isCut = newline < 0 && bytes.length === FIRST_LINE_BYTES;
  const end = newline < 0 ? bytes.length : newline;
  const first = bytes.subarray(0, isCut ? bytes.length : endOfText(bytes, end));
  const hash = createHash('sha256')
    .update(`${resolve(name)}\n`)
    .update(first)
    .update(isCut ? '' : '\n')
    .digest('hex');
  return `${hostname()
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 60)}:${hash.slice(0, 24)}`;
}

/** Where the white space begins that stands before `end`. */
function endOfText(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && isSpace(bytes[at - 1]!)) at--;
  return at;
}

async function firstBytesOf(path: string): Promise<Buffer> {
  const bytes = Buffer.alloc(FIRST_LINE_BYTES);
  const file = await open(path, 'r');
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0).finally(() => file.close());
  return bytes.subarray(0, bytesRead);
}
