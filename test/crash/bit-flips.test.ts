import { beforeAll, describe, expect, it } from 'vitest';
import { flipBits, type FlippableStore, flipWhilePacking, makeStore } from './bit-flips.ts';
import { damageLarge } from './large-damage.ts';

/** A disk that changes what was committed; `node scripts/proof.mjs bits` flips every bit, and far more in a large store. */

const stride = Number(process.env['MILLRACE_FLIP_STRIDE'] ?? 23);

let store: FlippableStore;

beforeAll(async () => {
  store = await makeStore(4, 300);
  const segments = [...store.stores[0]!.keys()].filter(path => path.endsWith('.ndjson'));
  expect(segments.length).toBeGreaterThan(2);
});

describe('a flipped bit', () => {
  it('in a segment is found by who reads it, and by who opens the job where it is in the last frame', async () => {
    const { reading, opening } = await flipBits(store, { ending: '.ndjson', stride });
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(opening.damage).toBeGreaterThan(0);
    expect(opening.rollback).toBeUndefined();
  }, 600_000);

  it('in a segment without an index is found by who makes it again', async () => {
    const { reading, opening } = await flipBits(store, { ending: '.ndjson', without: '.index', stride });
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(opening.rollback).toBeUndefined();
  }, 600_000);

  it('in a compressed segment is found, or is one that says nothing of the events', async () => {
    const { reading, opening } = await flipBits(store, { ending: '.ndjson.gz', stride });
    expect(Object.keys(reading).sort()).toEqual(['damage', 'same']);
    expect(reading.damage).toBeGreaterThan(5 * reading.same!);
    expect(opening.rollback).toBeUndefined();
  }, 600_000);

  it('that comes while a segment is compressed leaves the plain one there', async () => {
    await flipWhilePacking();
  }, 600_000);

  it('in the journal is damage, and never taken for the torn end of an interrupted write', async () => {
    const { reading, opening } = await flipBits(store, { ending: '.journal', stride: Math.min(stride, 7) });
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(Object.keys(opening)).toEqual(['damage']);
  }, 600_000);

  it('in an index changes nothing: the index is made again', async () => {
    const { reading, opening } = await flipBits(store, { ending: '.index', stride: Math.min(stride, 7) });
    expect(Object.keys(reading)).toEqual(['same']);
    expect(Object.keys(opening)).toEqual(['same']);
  });

  it('in store.json or topic.json is damage, or a store of another version', async () => {
    const { reading, opening } = await flipBits(store, { ending: '.json', stride: Math.min(stride, 7) });
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(Object.keys(opening)).toEqual(['damage']);
  });
});

it('a flipped bit, a zeroed or a swapped sector in a larger store is never shown as an event', async () => {
  const report = await damageLarge({ seed: 7, megabytes: 6, trials: 300 });
  expect(report.mismatches).toEqual([]);
  // What is left changes a header of gzip that says nothing.
  expect(report.found).toBeGreaterThan(0.98 * report.trials);
}, 600_000);
