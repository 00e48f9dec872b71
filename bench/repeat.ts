import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Workspace } from './workspace.ts';

const NEWLINE = 0x0a;

/**
 * The input that is made of a file of real data, DIRECTORY/NAME.ndjson or the same with .gz: its lines again and again,
 * until they are `mb` million bytes or a few less. Real files are short, and most of a run would be the program's start.
 * Each input is made once.
 */
export function repeatedInput(directory: string, name: string, mb: number, workspace: Workspace): string {
  const path = workspace.path(`${name}-${mb}MB.ndjson`);
  if (existsSync(path)) return path;
  const lines = readLines(join(directory, `${name}.ndjson`));
  const fd = openSync(path, 'w');
  for (let left = mb * 1e6; left > 0; left -= lines.length) {
    const whole = left >= lines.length ? lines : lines.subarray(0, lines.lastIndexOf(NEWLINE, left - 1) + 1);
    writeSync(fd, whole);
  }
  closeSync(fd);
  return path;
}

function readLines(path: string): Buffer {
  const lines = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  if (lines.at(-1) !== NEWLINE) throw new Error(`the last line of "${path}" has no end`);
  return lines;
}
