import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** What is measured over: a file of which the number of events is known. */
export interface Input {
  readonly path: string;
  readonly events: number;
  readonly bytes: number;
}

const READ_BYTES = 4 * 1024 * 1024;
export const NEWLINE = 0x0a;

/** The input at `path`; to count its lines also brings it into the system's cache, for all programs alike. */
export function readInput(path: string): Input {
  const { events, bytes, last } = countLines(path);
  if (events === 0 || last !== NEWLINE) throw new Error(`"${path}" is empty, or its last line has no end`);
  return { path, events, bytes };
}

export function countLines(path: string): { events: number; bytes: number; last: number | undefined } {
  let events = 0;
  let bytes = 0;
  let last: number | undefined;
  for (const block of blocksOf(path)) {
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) events++;
    bytes += block.length;
    last = block.at(-1);
  }
  return { events, bytes, last };
}

/** Copies as many whole lines from the beginning of `path` as fit into `bytesMax`, one at least. */
export function writeSlice(path: string, bytesMax: number, slicePath: string): void {
  const fd = openSync(slicePath, 'w');
  let left = bytesMax;
  for (const block of blocksOf(path)) {
    if (block.length < left) {
      left -= writeSync(fd, block);
      continue;
    }
    const end = block.lastIndexOf(NEWLINE, left - 1) + 1 || block.indexOf(NEWLINE) + 1;
    writeSync(fd, block.subarray(0, end));
    break;
  }
  closeSync(fd);
}

/** The bytes of a file; a block is good until the next one is asked for. */
export function* blocksOf(path: string): Generator<Buffer> {
  const fd = openSync(path, 'r');
  const block = Buffer.allocUnsafe(READ_BYTES);
  try {
    for (let length = readSync(fd, block); length > 0; length = readSync(fd, block)) {
      yield block.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}
