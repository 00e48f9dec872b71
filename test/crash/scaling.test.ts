import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateEvents, HANDLER, randomOf } from './kill-events.mjs';

/** The number of workers, how key groups move between them, and a reload are never to be seen in a log or a state. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const EVENTS = 5000;
const run = promisify(execFile);
let directory: string;
let stores = 0;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-scaling-'));
  writeFileSync(join(directory, 'mill.mjs'), HANDLER);
  writeFileSync(join(directory, 'in.ndjson'), generateEvents(EVENTS, randomOf(23)));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function millrace(args: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const cache = join(directory, 'cache');
  const env = { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: cache, ...variables };
  const options = { cwd: directory, env, maxBuffer: 2 ** 30 };
  try {
    return (await run(process.execPath, [PROGRAM, ...args], options)).stdout;
  } catch (error) {
    // There are dead letters.
    if ((error as { code?: unknown }).code === 6) return '';
    throw error;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Writes the handler again and again, each time another version that does the same, while `body` is at work; gives how often. */
async function whileRewritten(body: () => Promise<void>): Promise<void> {
  let version = 0;
  const timer = setInterval(() => {
    writeFileSync(join(directory, 'mill.mjs'), `${HANDLER}globalThis.version = ${++version};\n`);
  }, 300);
  try {
    await body();
  } finally {
    clearInterval(timer);
    writeFileSync(join(directory, 'mill.mjs'), HANDLER);
  }
}

/** What a run with these workers has written and what it remembers. */
async function outcomeOf(
  workers: string,
  variables?: Record<string, string>,
  flags: readonly string[] = [],
): Promise<Record<string, string>> {
  const store = ['--store', `store-${stores++}`];
  const how = ['--key', 'key', '--workers', workers, '--commit-interval', '50ms', '--no-sync'];
  await millrace(['run', 'mill.mjs', 'in.ndjson', ...how, ...store, ...flags], variables);
  const outcome: Record<string, string> = {};
  for (const topic of ['mill', 'mill.dead', 'rare'])
    outcome[topic] = await millrace(['cat', topic, ...store]);
  // A dead letter tells which version of the handler has failed.
  outcome['mill.dead'] = outcome['mill.dead']!.replaceAll(/"handler":"[0-9a-f]{12}"/g, '"handler":""');
  outcome['state'] = await millrace(['state', 'mill', ...store]);
  return Object.fromEntries(Object.entries(outcome).map(([name, text]) => [name, hash(text)]));
}

test('log and state are the same with any workers, also while lanes come and go, key groups move, and the handler is reloaded', async () => {
  const expected = await outcomeOf('1');
  expect(new Set(Object.values(expected)).size).toBe(4);
  expect(await outcomeOf('3')).toEqual(expected);
  expect(await outcomeOf('0..2')).toEqual(expected);
  for (const workers of ['4', '0..3']) {
    expect(await outcomeOf(workers, { MILLRACE_SHUFFLE: '1' })).toEqual(expected);
  }

  // A chunk is small then, so there are many borders at which the handler may change.
  await whileRewritten(async () => {
    expect(await outcomeOf('2', { MILLRACE_SHUFFLE: '1' }, ['--watch'])).toEqual(expected);
  });
}, 600_000);
