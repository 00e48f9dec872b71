import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NexmarkEvent } from '../../examples/nexmark/event.ts';
import { linesOf, specOf } from '../gen/made-events.ts';
import { Random } from '../../src/base/random.ts';
import { ANSWERS, type Row, windowRow } from './nexmark-answers.ts';

/** Every query of examples/nexmark: the built program's answer against a plain one's, with one worker, with two, and after kills. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist', 'bin', 'millrace.js');
const COUNT = 12_000;
/** Two minutes over midnight, some bids late, but none of them as late as the windows wait. */
const SPEC = specOf('nexmark', {
  stepMs: 10,
  startMs: Date.UTC(2026, 0, 1, 23, 59),
  late: 0.1,
  lateByMs: 3000,
});
const LINES = linesOf(SPEC, COUNT);
const EVENTS = LINES.map(line => JSON.parse(line) as NexmarkEvent);
const KILLS = 2;
const STATELESS = new Set(['q0', 'q1', 'q2']);

const directory = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'));
const random = new Random(5);

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
  writeFileSync(join(directory, 'nexmark.ndjson'), `${LINES.join('\n')}\n`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ENV = { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(directory, 'cache') };

async function printed(...args: readonly string[]): Promise<string> {
  const options = { cwd: directory, env: ENV, maxBuffer: 2 ** 28 };
  return (await promisify(execFile)(process.execPath, [PROGRAM, ...args], options)).stdout;
}

function runArgs(query: string, store: string, workers: number): readonly string[] {
  const handler = join(ROOT, 'examples', 'nexmark', `${query}.ts`);
  const places = ['--store', store, '--to', query];
  return [
    'run',
    handler,
    'nexmark.ndjson',
    ...places,
    '--workers',
    String(workers),
    '--commit-interval',
    '10ms',
  ];
}

/** What a store holds for a query: the bytes of its topic, and of its state where it has one. */
async function contentsOf(query: string, store: string): Promise<{ topic: string; state: string }> {
  const topic = await printed('cat', query, '--store', store);
  return { topic, state: STATELESS.has(query) ? '' : await printed('state', query, '--store', store) };
}

/** The rows of the answer: of those that are told again the last ones, and the windows that are still open. */
function answerOf(query: string, { topic, state }: { topic: string; state: string }): readonly Row[] {
  const rows = rowsOf(topic);
  if (query === 'q17') return lastOf(rows, ({ auction, day }) => JSON.stringify([auction, day]));
  if (query === 'q18') return lastOf(rows, ({ auction, bidder }) => JSON.stringify([auction, bidder]));
  if (query === 'q11' || query === 'q12') return [...rows, ...rowsOf(state).flatMap(openWindows)];
  return rows;
}

function rowsOf(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Row);
}

function lastOf(rows: readonly Row[], nameOf: (row: Row) => string): readonly Row[] {
  return [...new Map(rows.map(row => [nameOf(row), row])).values()];
}

function openWindows({ key, value }: Row): readonly Row[] {
  const { windows } = value as {
    windows: { open: readonly { start: number; end: number; value: number }[] };
  };
  return windows.open.map(({ start, end, value: count }) => windowRow(Number(key), count, start, end));
}

/** Rows in an order of their own, members too. */
function sorted(rows: readonly object[]): readonly string[] {
  return rows.map(row => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();
}

/** Runs the query, kills it a few times soon after it has written something, and lets it come to its end. */
async function runWithKills(query: string, store: string): Promise<void> {
  const topic = join(directory, store, 'topics', query);
  for (let kill = 0; kill < KILLS; kill++) {
    const before = bytesIn(topic);
    const child = spawn(process.execPath, [PROGRAM, ...runArgs(query, store, 2)], {
      cwd: directory,
      env: ENV,
      stdio: 'ignore',
    });
    const closed = once(child, 'close');
    while (child.exitCode === null && bytesIn(topic) === before) await pause(2);
    await pause(random.below(30));
    child.kill('SIGKILL');
    await closed;
  }
  await printed(...runArgs(query, store, 2));
}

function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}

test('the events are what the queries are about', () => {
  const times = EVENTS.flatMap(({ bid }) => (bid === undefined ? [] : [Date.parse(bid.dateTime)]));
  expect(times.filter((ms, n) => n > 0 && ms < times[n - 1]!).length).toBeGreaterThan(100);
});

describe.each(Object.keys(ANSWERS))('Nexmark %s', query => {
  test('gives the answer of a plain program, with any number of workers, killed or not', async () => {
    await printed(...runArgs(query, `${query}-1`, 1));
    const first = await contentsOf(query, `${query}-1`);
    const expected = sorted(ANSWERS[query]!(EVENTS));
    expect(expected.length).toBeGreaterThan(10);
    expect(sorted(answerOf(query, first))).toEqual(expected);

    await printed(...runArgs(query, `${query}-2`, 2));
    expect(await contentsOf(query, `${query}-2`)).toEqual(first);
    await runWithKills(query, `${query}-killed`);
    expect(await contentsOf(query, `${query}-killed`)).toEqual(first);
  });
});
