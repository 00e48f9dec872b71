import { describe, expect, test } from 'vitest';
import { LoadCache } from '../../src/worker/load-cache.ts';

/** A load that comes to its end when it is told to. */
class Loads {
  readonly keys: unknown[] = [];
  readonly #ends: { resolve: (value: unknown) => void; reject: (error: unknown) => void }[] = [];

  readonly load = (key: string | number): Promise<unknown> => {
    this.keys.push(key);
    return new Promise((resolve, reject) => {
      this.#ends.push({ resolve, reject });
    });
  };

  end(load: number, value: unknown): void {
    this.#ends[load]!.resolve(value);
  }

  fail(load: number): void {
    this.#ends[load]!.reject(new Error('no'));
  }
}

function throws(): never {
  throw new Error('at once');
}

const SMALL = { size: 2, ttlMs: 0 };

describe('LoadCache', () => {
  test('loads once what is asked for at the same time, and once for all who ask later', async () => {
    const cache = new LoadCache(SMALL);
    const loads = new Loads();
    const asked = [cache.get('a', loads.load), cache.get('a', loads.load), cache.get('b', loads.load)];
    await Promise.resolve();
    loads.end(0, 1);
    loads.end(1, undefined);
    expect(await Promise.all(asked)).toEqual([1, 1, undefined]);
    expect(await cache.get('a', loads.load)).toBe(1);
    // That there is nothing is known as well.
    expect(await cache.get('b', loads.load)).toBeUndefined();
    expect(loads.keys).toEqual(['a', 'b']);
    expect(cache.take()).toEqual({ hits: 3, misses: 2 });
    expect(cache.take()).toBeUndefined();
  });

  test('does not keep a load that fails, also one that fails at once, and tells all who wait for it', async () => {
    const cache = new LoadCache(SMALL);
    const loads = new Loads();
    const asked = [cache.get('a', loads.load), cache.get('a', loads.load)];
    await Promise.resolve();
    loads.fail(0);
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(cache.get('a', throws)).rejects.toThrow('at once');
    expect(await cache.get('a', () => 5)).toBe(5);
    expect(await cache.get('a', throws)).toBe(5);
  });

  test('keeps so many values, those that were used last, and tells 1 from "1"', async () => {
    const cache = new LoadCache(SMALL);
    const loaded: unknown[] = [];
    for (const key of [1, '1', 1, 'c', 1, '1']) {
      await cache.get(key, asked => loaded.push(asked));
    }
    expect(loaded).toEqual([1, '1', 'c', '1']);
  });

  test('keeps them for as long as is said, from when they are there', async () => {
    const cache = new LoadCache({ size: 10, ttlMs: 1 });
    let loads = 0;
    const load = (): number => ++loads;
    expect(await cache.get('a', load)).toBe(1);
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
    expect(await cache.get('a', load)).toBe(2);
  });

  test('forgets what is deleted, also where it is on its way', async () => {
    const cache = new LoadCache(SMALL);
    const loads = new Loads();
    const old = cache.get('a', loads.load);
    await Promise.resolve();
    cache.delete('a');
    const young = cache.get('a', loads.load);
    await Promise.resolve();
    loads.end(1, 'young');
    loads.end(0, 'old');
    expect([await old, await young]).toEqual(['old', 'young']);
    expect(await cache.get('a', loads.load)).toBe('young');
  });
});
