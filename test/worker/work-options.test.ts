import { describe, expect, test } from 'vitest';
import {
  AS_THEY_COME,
  isAsTheyCome,
  readWorkOptions,
  type WorkOptions,
} from '../../src/worker/work-options.ts';

describe('readWorkOptions', () => {
  test('takes a handler without options as it comes', () => {
    const options = readWorkOptions({ key: 'a', timeoutMs: 5 });
    expect(options).toEqual(AS_THEY_COME);
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
    [{ maxInFlight: 7 }, { maxInFlight: 7, concurrency: 7 }],
    [
      { maxInFlight: 7, concurrency: 2 },
      { maxInFlight: 7, concurrency: 2 },
    ],
    [
      { batch: {} },
      {
        batch: { size: 100, bytesMax: 1024 * 1024, lingerMs: 0, perKey: false, split: true },
        concurrency: 1,
      },
    ],
    [
      { batch: { size: 5, bytes: 9, lingerMs: 50, per: 'key', split: false } },
      { batch: { size: 5, bytesMax: 9, lingerMs: 50, perKey: true, split: false } },
    ],
    // As the command line says it.
    [{ batch: { size: 5 }, batchSize: 7, batchLingerMs: 3 }, { batch: { size: 7, lingerMs: 3 } }],
    [{ batch: { per: 'key' }, rate: { rate: '5/s', per: 'key' } }, { rate: { perKey: true } }],
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
    { breaker: 5 },
    { breaker: { pause: 5 } },
    { retry: { times: 3 } },
    { rate: { rate: '5/s', bursts: 3 } },
    { maxInFlight: 0 },
    { batch: true },
    { batch: { size: 0 } },
    { batch: { bytes: 0.5 } },
    { batch: { linger: 5 } },
    { batch: { lingerMs: 1e9 } },
    { batch: { per: 'topic' } },
    { batch: { split: 'no' } },
    { batch: {}, rate: { rate: '5/s', per: 'key' } },
    { breaker: { pauseMs: 'long' } },
  ])('says what is wrong with %j', options => {
    expect(readWorkOptions(options)).toMatch(/^(its|the) "[a-z]+"/i);
  });

  test('says that what is no handler of batches has no size of them', () => {
    expect(readWorkOptions({ batchSize: 5 })).toMatch('it handles events one by one');
  });
});
