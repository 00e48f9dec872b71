import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/base/gate.ts';
import { CHUNK_BYTES } from '../../src/base/limits.ts';
import { ChunkPool } from '../../src/pipeline/chunk-pool.ts';
import { slotBytesFor } from '../../src/pipeline/chunk.ts';
import {
  expectAllFree,
  FakeSource,
  type Line,
  linesIn,
  readAll,
  readerOf,
  RereadSource,
} from './chunk-readings.ts';

/** How a reader begins, waits and ends. */

const pools = new Map([9, 10, 30].map(limit => [limit, new ChunkPool(3, slotBytesFor(limit), 1)]));

/** Lines of the chunks that a live source of eight lines gives, which linger so. */
async function chunksOf(ms: number, lines: number): Promise<number[]> {
  const source = new FakeSource(Buffer.from('1\n2\n3\n4\n5\n6\n7\n8\n'), [2], true);
  const chunks: number[] = [];
  const options = { lineBytesMax: 10, linger: { ms: () => ms, lines: () => lines } };
  await readAll(source, pools.get(10)!, options, ({ from, to }) => chunks.push((to - from) / 2));
  return chunks;
}

describe('a turn of a ChunkReader', () => {
  test('gathers what a live source brings while no lane has room, and passes it on as soon as one has', async () => {
    const gate = new Gate();
    let room = false;
    const source = new FakeSource(Buffer.from('1\n2\n3\n4\n'), [2], true);
    const chunks: number[] = [];
    const reading = readAll(
      source,
      pools.get(10)!,
      { lineBytesMax: 10, gate, hasRoom: () => room },
      ({ from, to }) => {
        chunks.push((to - from) / 2);
      },
    );
    while (source.reads < 3) await new Promise(setImmediate);
    expect(chunks).toEqual([]);
    room = true;
    gate.open();
    await reading;
    expect(chunks[0]).toBeGreaterThanOrEqual(3);
    expect(chunks.reduce((sum, lines) => sum + lines, 0)).toBe(4);
  });

  test('lets lines of a live source wait for so many others, or until it ends, and for no longer than is said', async () => {
    // A test that had to wait for the time would not come to its end.
    expect(await chunksOf(2 ** 30, 3)).toEqual([3, 3, 2]);
    expect(await chunksOf(0, 3)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    const soon = await chunksOf(1, 100);
    expect(soon.reduce((sum, lines) => sum + lines, 0)).toBe(8);
  });

  test('that is stopped leaves an unfinished line to the next run, and says of no source that it has ended', async () => {
    let stopped = false;
    const pool = pools.get(30)!;
    const options = { lineBytesMax: 30, stopped: () => stopped };
    const reader = readerOf(new RereadSource(Buffer.from('1\n2\n3 and more\n'), [5]), pool, options);
    const lines: Line[] = [];
    for await (const chunk of reader.turn(Infinity)) {
      lines.push(...linesIn(chunk));
      pool.give(chunk.slot);
      stopped = true;
    }
    expect(lines.map(({ text }) => text)).toEqual(['1', '2']);
    expect(reader.ended).toBe(false);
    expectAllFree(pool);
  });

  test('that is stopped while no lane has room gives whole lines back to a source that can read them again', async () => {
    let stopped = false;
    const gate = new Gate();
    const pool = pools.get(30)!;
    const bytes = Buffer.from('1\n2\n3\n4\n');
    for (const [Kind, given] of [
      [RereadSource, []],
      [FakeSource, ['1', '2']],
    ] as const) {
      let room = false;
      stopped = false;
      const source = new Kind(bytes, [8]);
      const options = {
        lineBytesMax: 30,
        gate,
        stopped: () => stopped,
        hasRoom: () => room,
        chunkBytes: () => 4,
      };
      const lines: Line[] = [];
      const turn = (async () => {
        for await (const chunk of readerOf(source, pool, options).turn(Infinity)) {
          lines.push(...linesIn(chunk));
          pool.give(chunk.slot);
        }
      })();
      while (source.reads < 1) await new Promise(setImmediate);
      await new Promise(setImmediate);
      stopped = true;
      gate.open();
      await new Promise(setImmediate);
      room = true;
      gate.open();
      await turn;
      expect(lines.map(({ text }) => text)).toEqual(given);
      expectAllFree(pool);
    }
  });

  test('that is stopped in the middle of an endless line gives it up', async () => {
    let reads = 0;
    const source = new FakeSource(Buffer.alloc(100_000, 'x'), [10]);
    const stopped = () => reads++ > 20;
    const { lines } = await readAll(source, pools.get(9)!, { lineBytesMax: 9, stopped });
    expect(lines).toEqual([]);
    expect(source.reads).toBeLessThan(30);
  });

  test('gives no more in a turn than it may and a slot holds, be it in an endless line', async () => {
    const slotBytes = slotBytesFor(100);
    for (const bytes of [
      Buffer.alloc(40 * CHUNK_BYTES, 'x'),
      Buffer.alloc(40 * CHUNK_BYTES, '123456789\n'),
    ]) {
      const pool = new ChunkPool(2, slotBytes, 1);
      const source = new FakeSource(bytes, [CHUNK_BYTES]);
      const reader = readerOf(source, pool, { lineBytesMax: 100 });
      for (let turn = 1; turn <= 3; turn++) {
        for await (const chunk of reader.turn(4 * CHUNK_BYTES)) pool.give(chunk.slot);
        expect(source.reads).toBeGreaterThan(0);
        expect(source.reads * CHUNK_BYTES).toBeLessThanOrEqual(turn * (4 * CHUNK_BYTES + slotBytes));
      }
      expect(reader.ended).toBe(false);
    }
  });

  test('keeps no whole line back at the end of a turn, because its source may be silent from then on', async () => {
    for (const kind of [FakeSource, RereadSource]) {
      const pool = pools.get(9)!;
      const source = new kind(Buffer.from(`${'x'.repeat(200)}\n1\n2\n3`), [100, 105], [206]);
      const reader = readerOf(source, pool, { lineBytesMax: 9 });
      await source.readable();
      const lines: Line[] = [];
      for await (const chunk of reader.turn(101)) {
        lines.push(...linesIn(chunk));
        pool.give(chunk.slot);
      }
      expect(lines.map(({ text, refused }) => refused ?? text)).toEqual(['line-too-long', '1', '2']);
    }
  });

  test('gives the lines that came before its source failed, also where no lane has room for them then', async () => {
    const gate = new Gate();
    let asked = 0;
    const source = new FakeSource(Buffer.from('1\n2\n'), [2]);
    const read = source.read.bind(source);
    source.read = into => (source.reads < 2 ? read(into) : Promise.reject(new Error('broken')));
    const lines: Line[] = [];
    const hasRoom = (): boolean => {
      setImmediate(gate.open);
      return asked++ > 3;
    };
    const pool = pools.get(10)!;
    const reading = readAll(source, pool, { lineBytesMax: 10, gate, hasRoom }, chunk => {
      lines.push(...linesIn(chunk));
    });
    await expect(reading).rejects.toThrow('broken');
    expect(lines.map(({ text }) => text)).toEqual(['1', '2']);
  });

  test('gives its slot back when its source fails, and when nobody wants more', async () => {
    const pool = new ChunkPool(2, slotBytesFor(10), 1);
    const failing = new FakeSource(Buffer.from('1\n'), [2]);
    failing.read = () => Promise.reject(new Error('broken'));
    await expect(readAll(failing, pool, { lineBytesMax: 10 })).rejects.toThrow('broken');
    expectAllFree(pool);
    const reader = readerOf(new FakeSource(Buffer.from('1\n2\n'), [2]), pool, { lineBytesMax: 10 });
    for await (const chunk of reader.turn(Infinity)) {
      pool.give(chunk.slot);
      break;
    }
    expectAllFree(pool);
  });
});
