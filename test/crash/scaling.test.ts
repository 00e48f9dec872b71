import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateEvents, HANDLER, randomOf } from './kill-events.mjs';

/** The number of workers, and how key groups move between them, is never to be seen in a log or a state. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const EVENTS = 5000;
const run = promisify(execFile);
let directory: string;

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

/** What a run with these workers has written and what it remembers. */
async function outcomeOf(
  workers: string,
  variables?: Record<string, string>,
): Promise<Record<string, string>> {
  const store = ['--store', `store-${workers}-${variables === undefined ? 'plain' : 'shuffled'}`];
  const how = ['--key', 'key', '--workers', workers, '--commit-interval', '50ms', '--no-sync'];
  await millrace(['run', 'mill.mjs', 'in.ndjson', ...how, ...store], variables);
  const outcome: Record<string, string> = {};
  for (const topic of ['mill', 'mill.dead', 'rare'])
    outcome[topic] = await millrace(['cat', topic, ...store]);
  outcome['state'] = await millrace(['state', 'mill', ...store]);
  return Object.fromEntries(Object.entries(outcome).map(([name, text]) => [name, hash(text)]));
}

test('log and state are the same with any workers, also while lanes come and go and key groups move', async () => {
  const expected = await outcomeOf('1');
  expect(new Set(Object.values(expected)).size).toBe(4);
  expect(await outcomeOf('3')).toEqual(expected);
  expect(await outcomeOf('0..2')).toEqual(expected);
  for (const workers of ['4', '0..3']) {
    expect(await outcomeOf(workers, { MILLRACE_SHUFFLE: '1' })).toEqual(expected);
  }
}, 600_000);
