import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './workspace.ts';

/**
 * Makes the input with `millrace gen`: web access events of about 2,000 clients, 4 % of them with a status of 500 or more, a fifth
 * with a latency above 200 ms. Kept in the system's temporary directory, where the next bench finds it again.
 */

/** Raised whenever the same seed gives other events. */
const EVENTS_VERSION = 2;

/** About how many bytes an event has, its newline included. */
export const EVENT_BYTES = [70, 250, 1300, 3000] as const;
export type EventBytes = (typeof EVENT_BYTES)[number];

export interface InputSpec {
  readonly eventBytes: EventBytes;
  /** In millions of bytes. */
  readonly mb: number;
  readonly seed: number;
}

/** The path of the input, which is made unless it is there already. */
export function cachedInput(spec: InputSpec): string {
  const name = `millrace-bench-v${EVENTS_VERSION}-${spec.eventBytes}B-${spec.mb}MB-seed${spec.seed}.ndjson`;
  const path = join(tmpdir(), name);
  if (!existsSync(path)) writeInput(path, spec);
  return path;
}

export function writeInput(path: string, { eventBytes, mb, seed }: InputSpec): void {
  generate(path, ['access', '--size', String(eventBytes), '--bytes', `${mb}MB`, '--seed', String(seed)]);
}

/** Writes what `millrace gen` gives with `args`, whole or not at all. */
export function generate(path: string, args: readonly string[]): void {
  const partial = `${path}.${process.pid}`;
  const fd = openSync(partial, 'w');
  try {
    const { status } = spawnSync(process.execPath, [`${ROOT}dist/bin/millrace.js`, 'gen', ...args], {
      stdio: ['ignore', fd, 'inherit'],
    });
    if (status !== 0) throw new Error(`millrace gen ${args.join(' ')} ended with ${status}`);
    renameSync(partial, path);
  } finally {
    closeSync(fd);
    rmSync(partial, { force: true });
  }
}
