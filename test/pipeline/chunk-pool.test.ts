import { describe, expect, test } from 'vitest';
import { ChunkPool } from '../../src/pipeline/chunk-pool.ts';

describe('ChunkPool', () => {
  test('has slots that share no byte, each with a byte more than was asked for', async () => {
    const pool = new ChunkPool(3, 100);
    const slots = [await pool.take(), await pool.take(), await pool.take()];
    expect(new Set(slots.map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
    for (const { bytes, table, index } of slots) {
      expect(bytes.length).toBe(101);
      bytes.fill(index);
      table.starts.fill(index);
      table.ends.fill(index);
      table.rows.fill(index);
      table.lanes.fill(index);
    }
    for (const { bytes, table, index } of slots) {
      for (const part of [bytes, table.starts, table.ends, table.rows, table.lanes]) {
        expect(part.every((value: number) => value === index)).toBe(true);
      }
    }
  });

  test('lets those who come when no slot is free wait, and serves them in their order', async () => {
    const pool = new ChunkPool(1, 10);
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

  test('that has failed rejects who waits and who comes, with the first failure', async () => {
    const pool = new ChunkPool(1, 10);
    await pool.take();
    const waiting = pool.take();
    pool.fail(new Error('first'));
    pool.fail(new Error('second'));
    await expect(waiting).rejects.toThrow('first');
    await expect(pool.take()).rejects.toThrow('first');
  });
});
