import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHUNK_BYTES } from '../../src/base/limits.ts';
import { BY_PACE, ChunkSize, IN_BATCHES, ONE_AT_A_TIME } from '../../src/pipeline/chunk-size.ts';
import type { Dispatched } from '../../src/pipeline/scatter.ts';

const BYTES_MIN = 4096;
const { firstBytes: BYTES_FIRST } = ONE_AT_A_TIME;

/** Chunks under way. */
class Scene {
  onRoom = vi.fn();
  size = new ChunkSize(false, this.onRoom);

  /** Dispatches a chunk, as large as may be unless said otherwise; what it returns ends that. */
  dispatch(bytes = this.size.bytes, isHungry = false): (error?: Error) => Promise<void> {
    let resolve!: (results: readonly never[]) => void;
    let reject!: (error: Error) => void;
    const results = new Promise<readonly never[]>((...ends) => {
      [resolve, reject] = ends;
    });
    this.size.watch({ chunk: { from: 10, to: 10 + bytes }, results } as unknown as Dispatched, isHungry);
    return async error => {
      if (error === undefined) resolve([]);
      else reject(error);
      await vi.advanceTimersByTimeAsync(0);
    };
  }

  /** Lets chunks take these times, one after the other; gives the sizes after each. */
  async sizesAfter(...tookMs: readonly number[]): Promise<number[]> {
    const sizes: number[] = [];
    for (const ms of tookMs) {
      const end = this.dispatch();
      vi.advanceTimersByTime(ms);
      await end();
      sizes.push(this.size.bytes);
    }
    return sizes;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('ChunkSize begins small, and no chunk is read behind the first before it is done', async () => {
  const scene = new Scene();
  expect(scene.size).toMatchObject({ bytes: BYTES_FIRST, hasRoom: true });
  const end = scene.dispatch();
  expect(scene.size.hasRoom).toBe(false);
  expect(scene.onRoom).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  await end();
  expect(scene.size).toMatchObject({ bytes: 8 * BYTES_FIRST, hasRoom: true });
  expect(scene.onRoom).toHaveBeenCalledOnce();
  scene.dispatch();
  expect(scene.size.hasRoom).toBe(true);
});

test('ChunkSize lets very small ones be read behind a first one that takes long', async () => {
  const scene = new Scene();
  const end = scene.dispatch();
  vi.advanceTimersByTime(399);
  expect(scene.size.hasRoom).toBe(false);
  vi.advanceTimersByTime(1);
  expect(scene.size).toMatchObject({ bytes: BYTES_MIN, hasRoom: true });
  await end();
  expect(scene.size.bytes).toBe(BYTES_MIN);
  expect(scene.onRoom).toHaveBeenCalledOnce();
});

test('ChunkSize lets others be read where the first has failed', async () => {
  const scene = new Scene();
  await scene.dispatch()(new Error('no'));
  expect(scene.size).toMatchObject({ bytes: BYTES_FIRST, hasRoom: true });
  expect(scene.onRoom).toHaveBeenCalledOnce();
});

test.each([
  ['with one call', true, IN_BATCHES],
  ['at the same time', false, BY_PACE],
] as const)(
  'ChunkSize lets others be read at once where several events are handled %s, also when that is seen late',
  async (_, inBatches, { firstBytes }) => {
    const scene = new Scene();
    const end = scene.dispatch();
    scene.size.takeMany(inBatches);
    expect(scene.size).toMatchObject({ bytes: firstBytes, hasRoom: true });
    expect(scene.onRoom).toHaveBeenCalledOnce();
    await end();
    expect(scene.onRoom).toHaveBeenCalledOnce();
  },
);

test('ChunkSize takes as much as is done in time, and changes by eight times at once at the most', async () => {
  const scene = new Scene();
  scene.size.takeMany(true);
  const sizes = await scene.sizesAfter(1000, 4000, 4001, 1000, 500, 1, 100_000);
  expect(sizes.map(bytes => Math.round((100 * bytes) / IN_BATCHES.firstBytes))).toEqual([
    100, 100, 50, 50, 200, 1600, 200,
  ]);
});

test('ChunkSize takes as much as is begun in time where events are handled at the same time, whenever they are done', () => {
  const scene = new Scene();
  scene.size.takeMany(false);
  scene.dispatch();
  const sizes = [250, 1000, 2000, 1, 100_000, 100_000, 100_000].map(ms => {
    // The lanes have no room until then.
    scene.size.holdBack();
    vi.advanceTimersByTime(ms);
    scene.dispatch();
    return scene.size.bytes / BY_PACE.firstBytes;
  });
  expect(sizes).toEqual([1, 1, 1 / 4, 2, 1 / 4, 1 / 8, 1 / 8]);
});

test('ChunkSize gives lanes more that have begun all they had, but not where it was the source that had no more', () => {
  const scene = new Scene();
  scene.size.takeMany(false);
  const first = scene.size.bytes;
  scene.dispatch(first, true);
  scene.dispatch(first, false);
  expect(scene.size.bytes).toBe(first);
  scene.dispatch(first, true);
  expect(scene.size.bytes).toBe(8 * first);
  vi.advanceTimersByTime(60_000);
  scene.dispatch(100, true);
  expect(scene.size.bytes).toBe(8 * first);
  scene.dispatch(8 * first, true);
  expect(scene.size.bytes).toBe(8 * first);
});

test('ChunkSize stays between 4 KiB and a whole chunk', async () => {
  const scene = new Scene();
  expect((await scene.sizesAfter(1, 1, 1, 1)).at(-1)).toBe(CHUNK_BYTES);
  expect((await scene.sizesAfter(10_000, 10_000, 10_000)).at(-1)).toBe(BYTES_MIN);
});

test('ChunkSize takes nothing from a few bytes that were done in a moment, and little from an event that takes long', async () => {
  const scene = new Scene();
  const short = scene.dispatch(100);
  vi.advanceTimersByTime(1);
  await short();
  expect(scene.size.bytes).toBe(20_000);
  await scene.sizesAfter(1, 1, 1);
  expect(scene.size.bytes).toBe(CHUNK_BYTES);
  const long = scene.dispatch(100);
  vi.advanceTimersByTime(10_000);
  await long();
  expect(scene.size.bytes).toBe(CHUNK_BYTES / 8);
});

test('ChunkSize learns nothing from chunks that were dispatched before it changed, nor from those that fail', async () => {
  const scene = new Scene();
  await scene.sizesAfter(1, 1, 1);
  const ends = Array.from({ length: 4 }, () => scene.dispatch());
  vi.advanceTimersByTime(1000);
  await ends[0]!(new Error('no'));
  expect(scene.size.bytes).toBe(CHUNK_BYTES);
  for (const end of ends.slice(1)) await end();
  expect(scene.size.bytes).toBe(Math.round(CHUNK_BYTES / 5));
});
