import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import type { HeapProfiler, Profiler } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCpuProfile } from '../../src/bench/cpu-profile.ts';
import { readHeapProfile } from '../../src/bench/heap-profile.ts';
import { SourcePlaces } from '../../src/bench/source-places.ts';
import { compileHandler } from '../../src/worker/compile.ts';

/** Profiles of a handler that was compiled: what they say is in terms of the file that was written. */

const SOURCE = `interface Order {
  readonly price: number;
}

function toCents(order: Order): number {
  return Math.round(order.price * 100);
}

export default (order: Order) => ({ ...order, cents: toCents(order) });
`;

let work: string;
let url: string;
let places: SourcePlaces;
/** Where the function "toCents", and its line with "Math.round", stand in what was compiled, counted from 0. */
let compiled: { line: number; column: number; roundLine: number };

beforeAll(async () => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-profile-')));
  process.env['MILLRACE_CACHE'] = join(work, 'cache');
  const path = join(work, 'orders.ts');
  writeFileSync(path, SOURCE);
  ({ url } = await compileHandler(path));
  places = new SourcePlaces(url);
  const { readFileSync } = await import('node:fs');
  const lines = readFileSync(new URL(url), 'utf8').split('\n');
  const line = lines.findIndex(text => text.includes('function toCents'));
  compiled = {
    line,
    column: lines[line]!.indexOf('toCents') + 'toCents'.length,
    roundLine: lines.findIndex(text => text.includes('Math.round')),
  };
});

afterAll(() => {
  delete process.env['MILLRACE_CACHE'];
  rmSync(work, { recursive: true, force: true });
});

function frame(
  functionName: string,
  own: string,
  lineNumber = 0,
  columnNumber = 0,
): Profiler.ProfileNode['callFrame'] {
  return { functionName, scriptId: '1', url: own, lineNumber, columnNumber };
}

describe('the places of a handler', () => {
  test('are those in the file that was written', () => {
    const place = places.at(url, compiled.line, compiled.column)!;
    expect([place.path, place.line]).toEqual([join(work, 'orders.ts'), 5]);
    const inside = places.atLine(url, compiled.roundLine)!;
    expect(inside.line).toBe(6);
    expect(places.text(inside)).toBe('return Math.round(order.price * 100);');
  });

  test('of anything else are unknown', () => {
    expect(places.at('file:///elsewhere.mjs', 0, 0)).toBeUndefined();
    expect(places.at('', 0, 0)).toBeUndefined();
  });
});

describe('a CPU profile', () => {
  const houseUrl = new URL('../../src/bench/thread.ts', import.meta.url).href;

  function profile(): Profiler.Profile {
    const nodes: Profiler.ProfileNode[] = [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 5, 6] },
      { id: 2, callFrame: frame('runBatch', houseUrl, 10, 0), children: [3] },
      { id: 3, callFrame: frame('toCents', url, compiled.line, compiled.column), children: [4] },
      { id: 4, callFrame: frame('write', 'node:buffer', 5, 0) },
      { id: 5, callFrame: frame('(idle)', '') },
      { id: 6, callFrame: frame('(garbage collector)', '') },
    ];
    nodes[2] = { ...nodes[2]!, positionTicks: [{ line: compiled.roundLine + 1, ticks: 3 }] };
    nodes[1] = { ...nodes[1]!, positionTicks: [{ line: 11, ticks: 1 }] };
    // What is told of a sample is the time until the next.
    return {
      nodes,
      startTime: 0,
      endTime: 1100,
      samples: [3, 3, 3, 2, 4, 6, 5],
      timeDeltas: [0, 100, 100, 100, 100, 100, 100],
    };
  }

  test('names the hottest functions and lines, and leaves out what was idle', () => {
    const { report } = readCpuProfile(profile(), places);
    expect(report.functions.map(({ name, share }) => [name, Math.round(share * 100)])).toEqual([
      ['toCents', 50],
      ['runBatch', 17],
      ['write', 17],
      ['(garbage collector)', 17],
    ]);
    expect(report.functions.map(({ place }) => place)).toEqual([
      expect.stringMatching(/orders\.ts:5$/),
      'millrace',
      'node:buffer',
      '',
    ]);
    expect(report.lines).toEqual([
      {
        name: 'return Math.round(order.price * 100);',
        place: expect.stringMatching(/orders\.ts:6$/),
        share: 0.75,
      },
    ]);
  });

  test('is a tree of calls, each with the time of all below it', () => {
    const { flame } = readCpuProfile(profile(), places).report;
    expect(flame.value).toBe(600);
    const [run, collector] = flame.children;
    expect([run!.name, run!.value, collector!.name, collector!.value]).toEqual([
      'runBatch',
      500,
      '(garbage collector)',
      100,
    ]);
    expect(run!.children[0]).toMatchObject({
      name: 'toCents',
      value: 400,
      children: [{ name: 'write', value: 100 }],
    });
  });

  test('has the places of the file that was written, for whoever opens it', () => {
    const { mapped } = readCpuProfile(profile(), places);
    const { callFrame, positionTicks } = mapped.nodes[2]!;
    expect(callFrame.url).toBe(pathToFileURL(join(work, 'orders.ts')).href);
    expect(callFrame.lineNumber).toBe(4);
    expect(positionTicks).toEqual([{ line: 6, ticks: 3 }]);
    expect(mapped.nodes[1]).toEqual(profile().nodes[1]);
  });
});

describe('a profile of what is allocated', () => {
  test('names the functions that allocate most', () => {
    const own = frame('toCents', url, compiled.line, compiled.column);
    const head: HeapProfiler.SamplingHeapProfileNode = {
      callFrame: frame('(root)', ''),
      selfSize: 0,
      children: [
        {
          callFrame: own,
          selfSize: 300,
          children: [{ callFrame: own, selfSize: 450, children: [] }],
        },
        { callFrame: frame('push', 'node:buffer'), selfSize: 250, children: [] },
      ],
    };
    const { report, mapped } = readHeapProfile({ head }, places);
    expect(report.bytes).toBe(1000);
    expect(report.functions).toEqual([
      { name: 'toCents', place: expect.stringMatching(/orders\.ts:5$/), share: 0.75 },
      { name: 'push', place: 'node:buffer', share: 0.25 },
    ]);
    expect(mapped.head.children[0]!.children[0]!.callFrame.lineNumber).toBe(4);
  });
});
