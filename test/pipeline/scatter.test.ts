import { describe, expect, test } from 'vitest';
import { KeyedState } from '../../src/base/keyed-state.ts';
import { CHUNK, readOf, resultOf, scanOf, settle, SOURCE, stage } from './fake-lanes.ts';

describe('a scatter without a key', () => {
  test('gives the chunk whole to the freest lane, which finds its lines', async () => {
    const { lanes, scatter } = stage(undefined);
    const { kind, results, source } = scatter.dispatch(readOf(4));
    const lines = { kind: 'range', from: 2, to: 2 + CHUNK.length, line: 0 };
    expect(lanes.map(({ batches }) => batches)).toEqual([
      [],
      [{ slot: 4, source: 'in.ndjson', base: 100, lines }],
      [],
    ]);
    expect([kind, await results]).toEqual(['dispatched', [resultOf(1)]]);
    expect(source).toBe(SOURCE);
  });
});

describe('a scatter with a key', () => {
  test('lets the freest lane find the lines, and gives every lane those that it has', async () => {
    const { lanes, scatter } = stage('k');
    const { results } = scatter.dispatch(readOf(4));
    // By then it is settled which lane has which group: that of the first key lane 0.
    const { laneOfGroup } = scatter;
    expect(new Set(laneOfGroup)).toEqual(new Set([0, 1, 2]));
    const scan = { slot: 4, from: 2, to: 2 + CHUNK.length, laneOfGroup, loads: Uint32Array.of(0, 0, 0) };
    expect(lanes.map(({ scans }) => scans)).toEqual([[], [scan], []]);
    lanes[1]!.answers[0]!.resolve(scanOf([5, 0, 9]));
    const all = await results;
    const lines = { kind: 'listed', from: 0, to: 3, text: 'utf8', records: 2, recordsTo: 1 };
    const batch = { slot: 4, source: 'in.ndjson', base: 100 };
    expect(lanes.map(({ batches }) => batches)).toEqual([
      [{ ...batch, lines: { ...lines, lane: 0 } }],
      [],
      [{ ...batch, lines: { ...lines, lane: 2 } }],
    ]);
    expect(all.filter(({ ways }) => ways.inPart > 0)).toEqual([resultOf(2)]);
  });

  test('knows all lines of a chunk, also where no lane has any', async () => {
    const { lanes, scatter } = stage('k');
    const { results } = scatter.dispatch(readOf(4, '\n\n\n\n'));
    lanes[1]!.answers[0]!.resolve(scanOf([0, 0, 0], 4));
    expect(await results).toEqual([resultOf(0, 4)]);
    expect(lanes.flatMap(({ batches }) => batches)).toEqual([]);
  });

  test('gives lanes their lines in the order of the chunks, whichever is scanned first', async () => {
    const { lanes, scatter, trace } = stage('k');
    const first = scatter.dispatch(readOf(1));
    const second = scatter.dispatch(readOf(2));
    const third = scatter.dispatch(readOf(3));
    const [one, two, three] = lanes[1]!.answers;
    three!.resolve(scanOf([1, 0, 0]));
    two!.resolve(scanOf([0, 1, 1]));
    await settle();
    expect(trace).toEqual([]);
    one!.resolve(scanOf([1, 1, 0]));
    await Promise.all([first.results, second.results, third.results]);
    expect(trace).toEqual([
      'lane 0, slot 1',
      'lane 1, slot 1',
      'lane 1, slot 2',
      'lane 2, slot 2',
      'lane 0, slot 3',
    ]);
  });

  test('fails the chunk whose lines cannot be found, and no other', async () => {
    const { lanes, scatter, trace } = stage('k');
    const first = scatter.dispatch(readOf(1));
    const second = scatter.dispatch(readOf(2));
    lanes[1]!.answers[0]!.reject(new Error('the lane is gone'));
    lanes[1]!.answers[1]!.resolve(scanOf([1, 0, 0]));
    // Nobody is looking yet, which must not end the process.
    await settle();
    await expect(first.results).rejects.toThrow('the lane is gone');
    expect(await second.results).toHaveLength(2);
    expect(trace).toEqual(['lane 0, slot 2']);
  });

  test('gives the lanes the state of their keys before the first chunk, once', () => {
    const state = new KeyedState();
    state.set('a', '1');
    const { scatter, trace } = stage('k', state);
    scatter.dispatch(readOf(1));
    scatter.dispatch(readOf(2));
    expect(trace).toEqual(['the lanes get a=1']);
  });

  test('counts the keys that the scans have looked at', async () => {
    const { lanes, scatter } = stage('k');
    const { results } = scatter.dispatch(readOf(1));
    lanes[1]!.answers[0]!.resolve(scanOf([1, 0, 0]));
    await results;
    expect([...scatter.load!.groups.entries()].filter(([, count]) => count > 0)).toEqual([[7, 1]]);
    expect(scatter.load!.hotKeys(0.5, 1)).toEqual([{ key: 'a', share: 1 }]);
  });
});

/** The lane to which the next chunk's events without a key would go first. */
function nextLane({ scatter, lanes }: ReturnType<typeof stage>, slot: number): number {
  scatter.dispatch(readOf(slot, '{"x":1}\n'));
  const { loads } = lanes[1]!.scans.at(-1)!;
  return loads.indexOf(Math.min(...loads));
}

describe('what a scan is told for events without a key', () => {
  test('sends chunk after chunk to another lane, as long as it is not known where they went', () => {
    const scene = stage('k');
    expect([1, 2, 3, 4].map(slot => nextLane(scene, slot))).toEqual([0, 1, 2, 0]);
  });

  test('spares a lane that is at an event for long, and goes back to one that is done', async () => {
    const scene = stage('k');
    const [stuck, scanner, quick] = scene.lanes;
    stuck!.isQuick = false;
    expect(nextLane(scene, 1)).toBe(0);
    scanner!.answers[0]!.resolve(scanOf([7, 0, 0], 1));
    await settle();
    for (const slot of [2, 3, 4]) {
      expect(nextLane(scene, slot)).toBe(1);
      scanner!.answers[slot - 1]!.resolve(scanOf([0, 7, 0], 1));
      await settle();
    }
    scanner!.isQuick = false;
    expect(nextLane(scene, 5)).toBe(1);
    scanner!.answers[4]!.resolve(scanOf([0, 7, 0], 1));
    await settle();
    expect(nextLane(scene, 6)).toBe(2);
    expect(quick!.batches).toEqual([]);
  });

  test('forgets a chunk that could not be scanned', async () => {
    const scene = stage('k');
    expect(nextLane(scene, 1)).toBe(0);
    scene.lanes[1]!.answers[0]!.reject(new Error('the lane is gone'));
    await settle();
    expect(nextLane(scene, 2)).toBe(0);
  });

  test('starts no thread while one that runs has nothing to do, and wakes no lane that is at rest', () => {
    const scene = stage('k');
    scene.lanes[0]!.started = false;
    scene.set.active = 2;
    expect([1, 2, 3].map(slot => nextLane(scene, slot))).toEqual([1, 0, 1]);
    const { loads } = scene.lanes[1]!.scans.at(-1)!;
    expect(loads[2]! - Math.max(loads[0]!, loads[1]!)).toBeGreaterThan(2 ** 29);
  });
});

/** After a first chunk, with groups 0 to 2 in lanes 0 to 2. */
async function moving() {
  const scene = stage('k');
  const { scatter, lanes, trace } = scene;
  const { results } = scatter.dispatch(readOf(1));
  lanes[1]!.answers[0]!.resolve(scanOf([1, 1, 1]));
  await results;
  trace.length = 0;
  return { ...scene, before: Uint8Array.from(scatter.laneOfGroup!) };
}

/** All groups of lane 2 go to lane 0. */
function withoutLast(before: Uint8Array): Uint8Array {
  return before.map(lane => (lane === 2 ? 0 : lane));
}

describe('a scatter whose groups move', () => {
  test('scans the next chunk by the new table, and lets the lane that gets groups wait for their state', async () => {
    const { scatter, lanes, trace, before } = await moving();
    expect(scatter.change(withoutLast(before))).toBe(true);
    expect(scatter.laneOfGroup).toEqual(before);
    const { results } = scatter.dispatch(readOf(2));
    expect(lanes[1]!.scans[1]!.laneOfGroup).toEqual(withoutLast(before));
    // What earlier chunks were scanned by stays as it was.
    expect(lanes[1]!.scans[0]!.laneOfGroup).toEqual(before);
    lanes[1]!.answers[1]!.resolve(scanOf([1, 1, 0]));
    await results;
    expect(trace).toEqual(['lane 2 gives', 'lane 0 is held', 'lane 0, slot 2', 'lane 1, slot 2']);
    lanes[2]!.gives[0]!(new Map([[0, Buffer.from('some state')]]));
    await settle();
    expect(trace.slice(4)).toEqual(['lane 0 gets some state', 'lane 0 goes on']);
  });

  test('moves nothing before all lines of earlier chunks were handed out', async () => {
    const { scatter, lanes, trace, before } = await moving();
    scatter.dispatch(readOf(2));
    scatter.change(withoutLast(before));
    const last = scatter.dispatch(readOf(3));
    lanes[1]!.answers[2]!.resolve(scanOf([1, 0, 0]));
    await settle();
    expect(trace).toEqual([]);
    lanes[1]!.answers[1]!.resolve(scanOf([0, 0, 1]));
    await last.results;
    expect(trace).toEqual(['lane 2, slot 2', 'lane 2 gives', 'lane 0 is held', 'lane 0, slot 3']);
  });

  test('takes no further change before the last one is done', async () => {
    const { scatter, lanes, before } = await moving();
    expect(scatter.change(before)).toBe(true);
    expect(scatter.change(withoutLast(before))).toBe(true);
    const { results } = scatter.dispatch(readOf(2));
    expect(scatter.change(before)).toBe(false);
    lanes[1]!.answers[1]!.resolve(scanOf([1, 0, 0]));
    await results;
    expect(scatter.change(before)).toBe(false);
    lanes[2]!.gives[0]!(new Map());
    await settle();
    expect(scatter.change(before)).toBe(true);
  });
});
