import { createHash, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { isSpace } from '../base/line-bytes.ts';
import type { SourceSpec } from '../source/contract.ts';

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
 * White space at the end of the first line does not count, because the line may be sent before that has come.
 */
export async function producerNameOf({ name, id }: SourceSpec): Promise<string | undefined> {
  if (id === undefined || name === '-') return undefined;
  const bytes = Buffer.alloc(FIRST_LINE_BYTES);
  const file = await open(name, 'r');
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0).finally(() => file.close());
  const newline = bytes.subarray(0, bytesRead).indexOf('\n');
  const isCut = newline < 0 && bytesRead === bytes.length;
  const end = newline < 0 ? bytesRead : newline;
  const first = bytes.subarray(0, isCut ? bytesRead : endOfText(bytes, end));
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
