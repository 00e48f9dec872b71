import { describe, expect, test } from 'vitest';
import { EDITS_FROM, EDITS_TAKEN, takeEdits } from '../../src/kernel/edits.ts';
import { INSTANCE_BYTES } from '../../src/kernel/slot-memory.ts';
import { ChunkPool, type Slot } from '../../src/pipeline/chunk-pool.ts';

/** All memory of a slot. */
function partsOf({ bytes, table, edits, shared }: Slot) {
  const { buffer, recordsAt, recordsBytes } = shared;
  const records = new Uint8Array(buffer, recordsAt, recordsBytes);
  const { starts, ends, outcomes, lanes, states } = table;
  // The last line of a table, too, is one of its own.
  return [bytes, starts, ends, outcomes, lanes, states, records, edits];
}

describe('ChunkPool', () => {
  test.each(['', 'js'])(
    'has slots that share no byte, each with a byte more than was asked for: MILLRACE_KERNEL=%s',
    async kernel => {
      process.env['MILLRACE_KERNEL'] = kernel;
      const pool = new ChunkPool(3, 100, 2);
      delete process.env['MILLRACE_KERNEL'];
      expect(pool.wasm === undefined).toBe(kernel === 'js');
      const slots = [await pool.take(), await pool.take(), await pool.take()];
      expect(new Set(slots.map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
      for (const { index, shared } of slots) expect(pool.shared[index]).toBe(shared);
      // What the threads have for themselves lies beside them.
      const { wasm } = pool;
      const own = wasm && new Uint8Array(wasm.memory.buffer, wasm.instancesAt, 3 * INSTANCE_BYTES).fill(9);
      for (const slot of slots) {
        expect(slot.bytes.length).toBe(101);
        for (const part of partsOf(slot)) part.fill(slot.index);
      }
      for (const slot of slots) {
        for (const part of partsOf(slot)) expect(part.every((value: number) => value === part[0])).toBe(true);
        expect(partsOf(slot).map(part => new Uint8Array(part.buffer, part.byteOffset, 1)[0])).toEqual(
          partsOf(slot).map(() => slot.index),
        );
      }
      expect(own?.every(byte => byte === 9) ?? true).toBe(true);
    },
  );

  test('gives slots out with all their room for edits, whatever was taken of it before', async () => {
    const pool = new ChunkPool(1, 10, 1);
    const slot = await pool.take();
    expect(slot.edits[EDITS_TAKEN]).toBe(EDITS_FROM);
    takeEdits(slot.edits, 1024 * 1024 * 1024);
    expect(takeEdits(slot.edits, 16)).toBe(-1);
    pool.give(slot);
    const again = await pool.take();
    expect(takeEdits(again.edits, 16)).toBe(EDITS_FROM);
    const waiting = pool.take();
    pool.give(again);
    expect(takeEdits((await waiting).edits, 16)).toBe(EDITS_FROM);
  });

  test('lets those who come when no slot is free wait, and serves them in their order', async () => {
    const pool = new ChunkPool(1, 10, 1);
    const slot = await pool.take();
    const served: string[] = [];
    const waiting = ['first', 'second'].map(async name => {
      const got = await pool.take();
      served.push(name);
      pool.give(got);
    });
    await new Promise(setImmediate);
    expect(served).toEqual([]);
    pool.give(slot);
    await Promise.all(waiting);
    expect(served).toEqual(['first', 'second']);
  });

  test('gives a slot at once only where one is free', async () => {
    const pool = new ChunkPool(1, 10, 1);
    const slot = pool.takeFree();
    expect(() => pool.takeFree()).toThrow('no slot is free');
    pool.give(slot);
    expect(await pool.take()).toBe(slot);
  });

  test('that has failed rejects who waits and who comes, with the first failure', async () => {
    const pool = new ChunkPool(1, 10, 1);
    await pool.take();
    const waiting = pool.take();
    pool.fail(new Error('first'));
    pool.fail(new Error('second'));
    await expect(waiting).rejects.toThrow('first');
    await expect(pool.take()).rejects.toThrow('first');
  });
});
