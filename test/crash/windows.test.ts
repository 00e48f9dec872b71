import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';

/**
 * The question of the Yahoo streaming benchmark, answered with windows, against a program that does nothing but count: with one
 * worker and with eight, and with runs that are killed on the way. The stages are those of examples/yahoo, but that they tell
 * what is open at the end.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist', 'bin', 'millrace.js');
const STAGES = join(ROOT, 'test', 'crash', 'campaigns');
const EVENTS = 60_000;
const KILLS_MAX = 6;

let work: string;
let events: string;
let expected: string[];

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'millrace-windows-'));
  const generate = spawnSync(process.execPath, [join(STAGES, 'generate.mjs'), String(EVENTS)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  events = join(work, 'events.ndjson');
  writeFileSync(events, generate.stdout);
  expected = countsOf(generate.stdout);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** All counts, as lines, in any order: one pass, one map, no windows that open or close. */
function countsOf(text: string): string[] {
  const counts = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    const { ad_id, event_type, event_time } = JSON.parse(line) as Record<string, string>;
    if (event_type !== 'view') continue;
    const campaign = `campaign-${Math.floor(Number(ad_id!.slice(3)) / 10)}`;
    const name = `${campaign} ${Math.floor(Number(event_time) / 10_000) * 10_000}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} ${count}`).sort((a, b) => (a < b ? -1 : 1));
}

function start(store: string, args: readonly string[]): ReturnType<typeof spawn> {
  const env = { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(work, 'cache') };
  return spawn(process.execPath, [PROGRAM, ...args, '--store', join(work, store)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs to the end; gives what it printed. */
async function ended(store: string, args: readonly string[]): Promise<string> {
  const child = start(store, args);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', bytes => (stdout += String(bytes)));
  child.stderr!.on('data', bytes => (stderr += String(bytes)));
  const [status] = (await once(child, 'close')) as [number | null];
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function stage(handler: string, input: string, workers: number): string[] {
  const flags = ['--workers', String(workers), '--commit-interval', '5ms'];
  return ['run', join(STAGES, handler), input, ...flags];
}

/** Bytes of the job's journal: it grows with every commit. */
function journalBytes(store: string, job: string): number {
  try {
    const journal = join(work, store, 'jobs', job, 'journal');
    return readdirSync(journal).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0);
  } catch {
    return 0;
  }
}

/** Kills the run some time after it has committed something; gives false where it came to its end before. */
async function killed(store: string, job: string, args: readonly string[], random: Random): Promise<boolean> {
  const before = journalBytes(store, job);
  const child = start(store, args);
  child.stdout!.resume();
  child.stderr!.resume();
  const closed = once(child, 'close');
  while (child.exitCode === null && journalBytes(store, job) === before) await pause(1);
  await pause(random.below(20));
  child.kill('SIGKILL');
  const [, signal] = (await closed) as [number | null, string | null];
  return signal === 'SIGKILL';
}

async function results(store: string): Promise<string> {
  return ended(store, ['cat', 'counts']);
}

describe('views by campaign in windows of ten seconds', () => {
  let once1: string;

  test('are counted right', async () => {
    await ended('one', stage('views.ts', events, 1));
    await ended('one', stage('counts.ts', 'topic:views', 1));
    once1 = await results('one');
    const found = once1
      .trimEnd()
      .split('\n')
      .map(line => {
        const { key, start: from, end, value, final } = JSON.parse(line) as Record<string, unknown>;
        expect({ final, size: Number(end) - Number(from) }).toEqual({ final: true, size: 10_000 });
        return `${String(key)} ${String(from)} ${String(value)}`;
      });
    expect(found.sort((a, b) => (a < b ? -1 : 1))).toEqual(expected);
  });

  test.each([2, 8])('are the same, byte for byte, with %i workers', async workers => {
    const store = `workers-${workers}`;
    await ended(store, stage('views.ts', events, workers));
    await ended(store, stage('counts.ts', 'topic:views', workers));
    expect(await results(store)).toBe(once1);
  });

  test('are the same, byte for byte, when runs are killed on the way', async () => {
    const random = new Random(7);
    let kills = 0;
    for (const [handler, job, input] of [
      ['views.ts', 'views', events],
      ['counts.ts', 'counts', 'topic:views'],
    ] as const) {
      for (let attempt = 0; attempt < KILLS_MAX; attempt++) {
        const args = stage(handler, input, 1 + random.below(3));
        if (!(await killed('killed', job, args, random))) break;
        kills++;
      }
      await ended('killed', stage(handler, input, 2));
    }
    expect(kills).toBeGreaterThan(0);
    expect(await results('killed')).toBe(once1);
    // What is read again by the same command is nothing.
    await ended('killed', stage('counts.ts', 'topic:views', 2));
    expect(await results('killed')).toBe(once1);
  });
});
