import { expect, test, vi } from 'vitest';
import { CHUNK_BYTES } from '../../src/base/limits.ts';
import { BYTES_FIRST, ChunkSize } from '../../src/pipeline/chunk-size.ts';
import type { Dispatched } from '../../src/pipeline/scatter.ts';

/** Lets chunks take these times, one after the other; gives the sizes after each. */
async function sizesAfter(size: ChunkSize, ...tookMs: readonly number[]): Promise<number[]> {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const sizes: number[] = [];
  for (const ms of tookMs) {
    let done!: () => void;
    const results = new Promise<readonly never[]>(resolve => {
      done = () => resolve([]);
    });
    size.watch({ results } as unknown as Dispatched);
    nowMs += ms;
    done();
    await results;
    await new Promise(setImmediate);
    sizes.push(size.bytes);
  }
  clock.mockRestore();
  return sizes;
}

test('ChunkSize begins small where events are handled at the same time, and grows faster where chunks are done in no time', async () => {
  const size = new ChunkSize();
  expect(size.bytes).toBe(CHUNK_BYTES);
  size.takeMany();
  expect(size.bytes).toBe(BYTES_FIRST);
  expect(await sizesAfter(size, 500, 100, 1, 1)).toEqual([
    2 * BYTES_FIRST,
    8 * BYTES_FIRST,
    CHUNK_BYTES,
    CHUNK_BYTES,
  ]);
  size.takeMany();
  expect(size.bytes).toBe(CHUNK_BYTES);
});

test('ChunkSize halves while chunks take long, down to 4 KiB, and doubles while they are done soon', async () => {
  const size = new ChunkSize();
  const half = CHUNK_BYTES / 2;
  expect(await sizesAfter(size, 50, 500, 200, 500, 50, 50, 50)).toEqual([
    CHUNK_BYTES,
    half,
    half,
    half / 2,
    half,
    CHUNK_BYTES,
    CHUNK_BYTES,
  ]);
  expect((await sizesAfter(size, ...Array.from({ length: 20 }, () => 10_000))).at(-1)).toBe(4096);
});

test('ChunkSize is more patient where events are handled at the same time', async () => {
  const size = new ChunkSize();
  size.takeMany();
  expect(await sizesAfter(size, 3000, 4001)).toEqual([BYTES_FIRST, BYTES_FIRST / 2]);
});

test('ChunkSize learns nothing from chunks that were dispatched before it changed, nor from those that fail', async () => {
  const size = new ChunkSize();
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const done: (() => void)[] = [];
  const results = () => new Promise<readonly never[]>(resolve => done.push(() => resolve([])));
  for (let chunk = 0; chunk < 3; chunk++) size.watch({ results: results() } as unknown as Dispatched);
  const failed = Promise.reject<readonly never[]>(new Error('no'));
  size.watch({ results: failed } as unknown as Dispatched);
  nowMs = 1000;
  for (const end of done) end();
  await new Promise(setImmediate);
  expect(size.bytes).toBe(CHUNK_BYTES / 2);
  clock.mockRestore();
});
