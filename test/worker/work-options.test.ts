import { describe, expect, test } from 'vitest';
import { isAsTheyCome, readWorkOptions, type WorkOptions } from '../../src/worker/work-options.ts';

describe('readWorkOptions', () => {
  test('takes a handler without options as it comes', () => {
    const options = readWorkOptions({ key: 'a', timeoutMs: 5 });
    expect(options).toEqual({ concurrency: 1, retry: undefined, rate: undefined, breaker: undefined });
    expect(isAsTheyCome(options as WorkOptions)).toBe(true);
  });

  test.each([
    [{ concurrency: 64 }, { concurrency: 64 }],
    [{ retry: 3 }, { retry: { attempts: 3, initialMs: 100, maxMs: 30_000 } }],
    [{ retry: { attempts: 5, initialMs: 1, maxMs: 9 } }, { retry: { attempts: 5, initialMs: 1, maxMs: 9 } }],
    [
      { retry: { attempts: 2, initialMs: 50_000 } },
      { retry: { attempts: 2, initialMs: 50_000, maxMs: 50_000 } },
    ],
    [{ rate: '500/s' }, { rate: { events: 500, perMs: 1000, burst: 1, perKey: false } }],
    [{ rate: '0.5/m' }, { rate: { events: 0.5, perMs: 60_000, burst: 1, perKey: false } }],
    [
      { rate: { rate: '9/h', burst: 3, per: 'key' } },
      { rate: { events: 9, perMs: 3_600_000, burst: 3, perKey: true } },
    ],
    [{ breaker: {} }, { breaker: { failures: 5, pauseMs: 10_000 } }],
  ])('reads %j', (options, expected) => {
    const read = readWorkOptions(options);
    expect(read).toMatchObject(expected);
    expect(isAsTheyCome(read as WorkOptions)).toBe(false);
  });

  test.each([
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: '4' },
    { concurrency: 10_001 },
    { retry: 0 },
    { retry: {} },
    { retry: null },
    { retry: { attempts: 2, initialMs: -1 } },
    { rate: '500' },
    { rate: '0/s' },
    { rate: 500 },
    { rate: null },
    { rate: { rate: '5/s', burst: 0 } },
    { rate: { rate: '5/s', per: 'topic' } },
    { breaker: { failures: 0 } },
    { breaker: { pauseMs: 'long' } },
  ])('says what is wrong with %j', options => {
    expect(readWorkOptions(options)).toMatch(/^(its|the) "[a-z]+"/);
  });
});
