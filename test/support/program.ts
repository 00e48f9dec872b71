import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** The built program, for tests that look at the files that it leaves. */

export interface Ended {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The repository's own directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const PROGRAM = join(ROOT, 'dist', 'bin', 'millrace.js');

/** A directory of one test file, removed at its end. */
export function ownDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs a command to its end in `cwd`. */
export function runIn(cwd: string, command: string, args: readonly string[], input?: string): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(cwd, 'cache') },
    input: input ?? '',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr: stderr.toString('utf8') };
}

/** Runs `millrace ...args` in `cwd`, with `input` as its standard input. */
export function millrace(cwd: string, args: readonly string[], input?: string): Ended {
  return runIn(cwd, process.execPath, [PROGRAM, ...args], input);
}
