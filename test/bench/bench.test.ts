import { execFile, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { columnsOf } from '../../src/cli/text-columns.ts';
import type { BenchReport } from '../../src/bench/report.ts';

/** `millrace bench` as a whole, with as little measuring as may be: what it says is looked at, never how long it took. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const QUICK = ['--quick', '--launches', '2', '--time', '100ms', '--seed', '7'];

let work: string;

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
  work = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-bench-test-')));
  const lines = Array.from({ length: 500 }, (_, n) =>
    JSON.stringify({ n, user: `u${n % 7}`, ok: n % 3 > 0 }),
  );
  // The last line lacks its newline: the input is read again and again all the same.
  writeFileSync(join(work, 'in.ndjson'), lines.join('\n'));
  writeFileSync(
    join(work, 'spread.ts'),
    'export const key = "user";\nexport default (e: any) => ({ ...e, at: e.n * 2 });\n',
  );
  writeFileSync(join(work, 'same.ts'), 'export default (e: any) => ({ ...e, at: e.n + e.n });\n');
  writeFileSync(join(work, 'other.ts'), 'export default (e: any) => ({ ...e, at: 1 });\n');
  writeFileSync(
    join(work, 'much.ts'),
    'export default (e: any) => Array.from({ length: 5000 }, (_, at) => e.n + at / 7).length > 0;\n',
  );
  writeFileSync(join(work, 'filter.ts'), 'export default (e: any) => e.n >= 250;\n');
  writeFileSync(
    join(work, 'half.ts'),
    'export default (e: any) => { if (e.n % 2 === 0) throw new Error("even"); return { n: e.n }; };\n',
  );
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

async function millrace(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, MILLRACE_CACHE: join(work, 'cache'), FORCE_COLOR: '0' };
  return promisify(execFile)(process.execPath, [PROGRAM, ...args], { cwd: work, env, maxBuffer: 2 ** 26 });
}

async function report(...args: readonly string[]): Promise<BenchReport> {
  return reportOf('in.ndjson', ...args);
}

async function reportOf(input: string, ...args: readonly string[]): Promise<BenchReport> {
  const { stdout } = await millrace('bench', ...args, '-i', input, ...QUICK, '--json');
  return JSON.parse(stdout) as BenchReport;
}

/** So many events that a handler which takes its time sees only some of them in a few rounds. */
function writeLong(): void {
  const lines = Array.from({ length: EVENTS }, (_, n) => `${JSON.stringify({ n, all: 'one' })}\n`);
  writeFileSync(join(work, 'long.ndjson'), lines.join(''));
}

const EVENTS = 50_000;
const SPIN = 'let sum = 0; for (let step = 0; step < 20000; step++) sum = (Math.imul(sum, 31) + step) | 0;';

/** A handler that stands still for a while at each event, and has something to do at the end. */
function standingStill(what: string): string {
  return `const still = new Int32Array(new SharedArrayBuffer(4));
export const key = 'user';
export default { handle: event => (Atomics.wait(still, 0, 0, 2), ${what}), end: key => ({ key, isOver: true }) };`;
}

describe('millrace bench', () => {
  test('tells of a handler alone, in the pipeline, and at a load', async () => {
    const { version, input, handlers, comparisons, machine, interrupted } = await report(
      'spread.ts',
      '--workers',
      '1,2',
      '--rate',
      '500/s',
    );
    expect({ version, interrupted, comparisons }).toEqual({
      version: 2,
      interrupted: false,
      comparisons: [],
    });
    // It is repeated until it fills a chunk; that is not told.
    expect(input).toMatchObject({ events: 500, bytes: statSync(join(work, 'in.ndjson')).size + 1 });
    expect(machine.cores).toBeGreaterThan(0);
    const [{ alone, pipeline, atLoad, key }] = handlers as [BenchReport['handlers'][0]];
    expect(key).toBe('user');
    expect(alone!.nsPerEvent).toBeGreaterThan(0);
    expect(alone!.wallNs).toHaveLength(2);
    const { parse, handle, encode, lookedShare, p50, max, bins, timed } = alone!.single!;
    expect(parse + handle + encode).toBeCloseTo(1, 9);
    expect(lookedShare).toBe(1);
    expect(p50).toBeLessThanOrEqual(max);
    expect(bins.counts.reduce((sum, count) => sum + count, 0)).toBe(timed);
    expect(alone!.allocatedBytesPerEvent).toBeGreaterThan(50);
    expect(alone!.deadShare).toBe(0);
    expect(pipeline.map(({ workers, to }) => [workers, to])).toEqual([
      [1, 'log'],
      [2, 'log'],
    ]);
    for (const { eventsPerSecond, stages, peakBytes, bottleneck } of pipeline) {
      expect(eventsPerSecond).toBeGreaterThan(0);
      expect(Object.keys(stages)).toEqual(['read', 'scatter', 'wait', 'handle', 'gather', 'write', 'fsync']);
      for (const share of Object.values(stages)) expect(share).toBeLessThanOrEqual(1);
      expect(stages.handle).toBeGreaterThan(0);
      expect(peakBytes).toBeGreaterThan(20e6);
      expect(bottleneck).toMatch(/busy \d+ % of the time$/);
    }
    expect(atLoad!.askedPerSecond).toBe(500);
    expect(atLoad!.events).toBeGreaterThan(0);
    expect(atLoad!.latencyMs.p50).toBeLessThanOrEqual(atLoad!.latencyMs.max);
  });

  test('sees what a handler allocates, also where garbage is collected every few events', async () => {
    const { handlers } = await report('much.ts', '--no-pipeline');
    // An array of 5,000 numbers that are objects, of 12 bytes at the least.
    expect(handlers[0]!.alone!.allocatedBytesPerEvent).toBeGreaterThan(60_000);
  });

  test('knows which part of the events the kernel decides alone, and which become dead letters', async () => {
    const { handlers, notes } = await report('filter.ts', 'half.ts', '--no-pipeline');
    const [filter, half] = handlers.map(({ alone }) => alone!);
    expect(filter!.single!.lookedShare).toBe(0);
    expect(filter!.single!.parse).toBe(1);
    expect(half!.deadShare).toBeCloseTo(0.5, 1);
    expect(notes.join()).toMatch(/% of the events become dead letters in half\.ts/);
  });

  test('tells functions of millrace itself from those of the handler in profiles', async () => {
    const { handlers } = await report('spread.ts', '--no-alone', '--no-pipeline', '--profile', '--heap');
    const [{ profile, heap }] = handlers as [BenchReport['handlers'][0]];
    for (const functions of [profile!.functions, heap!.functions]) {
      const places = functions.map(({ place }) => place);
      expect(places).toContain('millrace');
      expect(places.filter(place => place.startsWith('file:'))).toEqual([]);
    }
    expect(existsSync(join(work, 'spread.cpuprofile'))).toBe(true);
    expect(existsSync(join(work, 'spread.heapprofile'))).toBe(true);
  });

  test('measures events from all over the sample, and tells how many', async () => {
    writeLong();
    writeFileSync(
      join(work, 'late.mjs'),
      `export default e => { ${SPIN} if (e.n >= ${EVENTS / 2}) throw new Error(String(sum)); return { sum }; };\n`,
    );
    const { handlers, input } = await reportOf('long.ndjson', 'late.mjs', '--no-pipeline');
    const [{ alone }] = handlers as [BenchReport['handlers'][0]];
    expect(alone!.deadShare).toBeGreaterThan(0.3);
    expect(alone!.deadShare).toBeLessThan(0.7);
    expect(input.measured).toBeGreaterThan(0);
    expect(input.measured).toBeLessThanOrEqual(EVENTS);
  });

  test('leaves out no event where a handler keeps a state', async () => {
    writeFileSync(
      join(work, 'follows.mjs'),
      `export const key = 'all';
export default (e, { state }) => {
  ${SPIN}
  const last = state.get();
  state.set(e.n);
  if (last !== undefined && e.n !== (last + 1) % ${EVENTS}) throw new Error(String(sum));
  return true;
};\n`,
    );
    writeLong();
    const { handlers } = await reportOf('long.ndjson', 'follows.mjs', '--no-pipeline');
    expect(handlers[0]!.alone!.deadShare).toBe(0);
  });

  test('compares handlers with the first, and their outputs', async () => {
    const { comparisons, handlers } = await report('spread.ts', 'same.ts', 'other.ts', '--no-pipeline');
    expect(handlers.map(({ isBaseline }) => isBaseline)).toEqual([true, false, false]);
    expect(comparisons.map(({ name, baseline, sameOutputs }) => [name, baseline, sameOutputs])).toEqual([
      ['same.ts', 'spread.ts', true],
      ['other.ts', 'spread.ts', false],
    ]);
    for (const { verdict, ratios } of comparisons) {
      expect(ratios).toHaveLength(2);
      // Two launches can never be enough.
      expect(['same', 'unknown']).toContain(verdict.finding);
    }
  });

  test('finds outputs the same where the same events fail in the same way, in another file', async () => {
    copyFileSync(join(work, 'half.ts'), join(work, 'half-again.ts'));
    const { comparisons } = await report('half.ts', 'half-again.ts', '--no-pipeline');
    expect(comparisons[0]!.sameOutputs).toBe(true);
  });

  test('compares the outputs of as many events as a slow handler has the time for', async () => {
    for (const [name, what] of Object.entries({ one: 'event', two: '({ ...event })', three: '({ n: 1 })' })) {
      writeFileSync(join(work, `${name}.mjs`), standingStill(what));
    }
    const { comparisons, handlers, notes } = await report('one.mjs', 'two.mjs', 'three.mjs', '--no-pipeline');
    expect(comparisons.map(({ sameOutputs }) => sameOutputs)).toEqual([true, false]);
    const { read } = handlers[0]!.outputs!;
    expect(handlers.map(({ outputs }) => outputs!.read)).toEqual([read, read, read]);
    expect(notes.join()).toContain(
      `outputs are compared for the first ${read.toLocaleString('en-US')} events`,
    );
  });

  test('keeps what else was measured where nothing comes through the pipeline in time', async () => {
    writeFileSync(
      join(work, 'sleeps.mjs'),
      'const still = new Int32Array(new SharedArrayBuffer(4));\nexport default () => (Atomics.wait(still, 0, 0, 400), false);\n',
    );
    const { handlers, notes } = await report('sleeps.mjs', '--workers', '1', '--time', '1ms');
    expect(handlers[0]!.alone!.nsPerEvent).toBeGreaterThan(3e8);
    expect(handlers[0]!.pipeline).toEqual([]);
    expect(notes.join()).toContain(
      'nothing of sleeps.mjs came through the pipeline in the time given (workers: 1)',
    );
  });

  test('prints what people read, in 80 columns', async () => {
    const { stdout } = await millrace(
      'bench',
      'spread.ts',
      'same.ts',
      '-i',
      'in.ndjson',
      ...QUICK,
      '--workers',
      '1,2',
    );
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
    const lines = stdout.split('\n');
    expect(lines.filter(line => columnsOf(line) > 80)).toEqual([]);
    for (const part of [
      'an event',
      'alone, on one thread',
      'in the pipeline, into the log',
      'bottleneck with 2',
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toContain('same.ts against spread.ts');
    expect(stdout).toContain('outputs are the same');
  });

  test('ends with what there is when it is interrupted', async () => {
    writeFileSync(
      join(work, 'tells.mjs'),
      'export default { open: () => console.error("opened"), handle: event => event.n > 1 };\n',
    );
    const args = ['bench', 'tells.mjs', '-i', 'in.ndjson', '--quick', '--launches', '1000', '--json'];
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: work,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let told = '';
    let isKilled = false;
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      // It measures for the second time when the handler is opened for the second time.
      const isSecond = told.split('opened').length > 2;
      if (isSecond && !isKilled) isKilled = child.kill('SIGINT');
    });
    const status = await new Promise(resolve => child.once('close', resolve));
    expect(status).toBe(130);
    const { interrupted, handlers } = JSON.parse(stdout) as BenchReport;
    expect(interrupted).toBe(true);
    expect(handlers[0]!.alone!.wallNs.length).toBeGreaterThan(0);
    expect(handlers[0]!.alone!.wallNs.length).toBeLessThan(1000);
    expect(handlers[0]!.pipeline).toEqual([]);
  });
});
