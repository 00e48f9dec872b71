import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * Golden cases: every folder in cases/ is a command line and what it gives.
 *
 *     cmd                      run by bash in a fresh copy of the folder, with `millrace` on the path
 *     stdout, stderr, status   what is expected; no stdout or stderr where there is none
 *     unless                   optional: `root`, where the case means nothing for that user
 *     bug                      optional: what is wrong in the program, where it does not give what it should yet
 *     anything else            input files and handlers
 *
 * `UPDATE_CASES=1 npx vitest run test/cases.test.ts` writes the expectations anew: read the diff before it is committed.
 */

const UPDATE = process.env['UPDATE_CASES'] === '1';
const ROOT = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const CASES = join(ROOT, 'test', 'cases');
const EXPECTED = ['stdout', 'stderr', 'status'] as const;
const NO_INPUT = new Set<string>([...EXPECTED, 'cmd', 'unless', 'bug']);

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: string;
}

let work: string;

beforeAll(() => {
  const program = join(ROOT, 'dist', 'bin', 'millrace.js');
  if (!existsSync(program)) throw new Error(`"${program}" is not there: run "npm run build" first`);
  work = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-cases-')));
  for (const name of ['bin', 'cache', 'home']) mkdirSync(join(work, name), { mode: 0o700 });
  writeFileSync(join(work, 'bin', 'millrace'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(work, 'bin', 'millrace'), 0o755);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.concurrent('golden cases', () => {
  for (const name of readdirSync(CASES).sort()) {
    const folder = join(CASES, name);
    const hasBug = existsSync(join(folder, 'bug'));
    const declare = isOff(folder) ? test.skip : hasBug ? test.fails : test;
    declare(name.replaceAll('-', ' '), async ({ signal }) => {
      const outcome = await runCase(name, folder, signal);
      if (UPDATE && !hasBug) writeExpected(folder, outcome);
      expect(outcome).toEqual(readExpected(folder));
    });
  }
});

function isOff(folder: string): boolean {
  const path = join(folder, 'unless');
  return existsSync(path) && readFileSync(path, 'utf8').trim() === 'root' && process.getuid?.() === 0;
}

/** Runs the case's command line; where `signal` says that the test took too long, everything that it started goes. */
async function runCase(name: string, folder: string, signal: AbortSignal): Promise<Outcome> {
  const directory = join(work, name);
  cpSync(folder, directory, {
    recursive: true,
    filter: path => !NO_INPUT.has(path.slice(folder.length + 1)),
  });
  const env = {
    PATH: `${join(work, 'bin')}:${process.env['PATH']}`,
    HOME: join(work, 'home'),
    MILLRACE_CACHE: join(work, 'cache'),
    LC_ALL: 'C',
    TZ: 'UTC',
  };
  const child = spawn('bash', ['-c', readFileSync(join(folder, 'cmd'), 'utf8')], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  signal.addEventListener('abort', () => process.kill(-child.pid!, 'SIGKILL'));
  const [stdout, stderr] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
  const status =
    child.exitCode ?? child.signalCode ?? (await new Promise(resolve => child.once('exit', resolve)));
  return { stdout: steady(stdout, directory), stderr: steady(stderr, directory), status: `${status}\n` };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** `text` without what is another thing each time: places, process numbers, times. */
function steady(text: string, directory: string): string {
  return (
    text
      .replaceAll(directory, 'DIR')
      .replaceAll(ROOT, 'MILLRACE')
      .replaceAll(/\bprocess \d+\b/g, 'process PID')
      // What JSON.parse says since Node 22.
      .replaceAll(/( at position \d+) \(line \d+ column \d+\)/g, '$1')
      .replaceAll(/"seconds":[\d.e-]+/g, '"seconds":S')
      .replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
  );
}

function writeExpected(folder: string, outcome: Outcome): void {
  for (const name of EXPECTED) {
    if (outcome[name] === '') rmSync(join(folder, name), { force: true });
    else writeFileSync(join(folder, name), outcome[name]);
  }
}

function readExpected(folder: string): Outcome {
  const read = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
  return { stdout: read('stdout'), stderr: read('stderr'), status: read('status') };
}
