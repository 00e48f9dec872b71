import { beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { layout } from '../../src/store/layout.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import { DiskModel } from '../support/disk-model.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import {
  commitSteps,
  emptyDisk,
  readState,
  readTopic,
  SMALL,
  STORE,
  TOPICS,
} from '../support/store-scenario.ts';

/** A disk that changes one bit of what was committed: told as damage or made good, but never believed. */

/** Of the bits of a store, every so many are flipped; 1 is all of them. Odd, so that all places in a byte are met. */
const STRIDE = Number(process.env['MILLRACE_FLIP_STRIDE'] ?? 7);

type Files = ReadonlyMap<string, Uint8Array>;
type Outcome = 'same' | 'damage' | 'rollback';
type Counts = Partial<Record<Outcome, number>>;

/** Two stores with the same events: one whose journal has a line for each commit, and one that was opened since. */
let stores: readonly Files[];
let original: Awaited<ReturnType<typeof openAndRead>>;

beforeAll(async () => {
  const disk = new FaultyDisk(emptyDisk());
  const log = await JobLog.open(disk, STORE, { ...SMALL, journalBytesMax: 100_000 });
  await commitSteps(log, 1, 4);
  await log.close();
  const written = filesOf(disk.model);
  original = await openAndRead(disk);
  stores = [written, filesOf(disk.model)];
  expect([...written.keys()].filter(path => path.endsWith('.ndjson')).length).toBeGreaterThan(2);
});

async function readAll(disk: FaultyDisk) {
  const contents: Record<string, string> = {};
  for (const topic of TOPICS) {
    contents[topic] = await readTopic(disk, topic);
    await verifyTopic(disk, STORE, topic);
  }
  return contents;
}

async function openAndRead(disk: FaultyDisk) {
  const log = await JobLog.open(disk, STORE, SMALL);
  expect(log.cuts).toEqual([]);
  return readState(disk, log).finally(() => log.close());
}

async function judge(reading: Promise<unknown>, expected: unknown, where: string): Promise<Outcome> {
  try {
    expect(await reading, where).toEqual(expected);
    return 'same';
  } catch (error) {
    if (error instanceof MillraceError && error.exit === 5) return 'damage';
    throw error;
  }
}

/** Flips bits of the files whose names end so, and counts what comes of it for readers and for the job itself. */
async function flip(ending: string): Promise<{ readonly reading: Counts; readonly opening: Counts }> {
  const reading: Counts = {};
  const opening: Counts = {};
  for (const files of stores) {
    for (const [path, content] of files) {
      if (!path.endsWith(ending)) continue;
      for (let bit = 0; bit < content.length * 8; bit += STRIDE) {
        const flipped = Uint8Array.from(content);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const disk = new FaultyDisk(DiskModel.of(new Map([...files, [path, flipped]])));
        const where = `bit ${bit & 7} of byte ${bit >> 3} of ${path}`;
        count(reading, await judge(readAll(disk), original.contents, where));
        const opened = await judge(openAndRead(disk), original, where);
        count(opening, filesOf(disk.model, layout.quarantine(STORE)).size > 0 ? 'rollback' : opened);
      }
    }
  }
  return { reading, opening };
}

function count(counts: Counts, outcome: Outcome): void {
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

describe('a flipped bit', () => {
  it('in a segment is found by who reads it, and by who opens the job where it is in the last frame', async () => {
    const { reading, opening } = await flip('.ndjson');
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(opening.damage).toBeGreaterThan(0);
    expect(opening.rollback).toBeUndefined();
  });

  it('in the journal is damage, and never taken for the torn end of an interrupted write', async () => {
    const { reading, opening } = await flip('.journal');
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(Object.keys(opening)).toEqual(['damage']);
  });

  it('in an index changes nothing: the index is made again', async () => {
    const { reading, opening } = await flip('.index');
    expect(Object.keys(reading)).toEqual(['same']);
    expect(Object.keys(opening)).toEqual(['same']);
  });

  it('in store.json or topic.json is damage, or a store of another version', async () => {
    const { reading, opening } = await flip('.json');
    expect(Object.keys(reading)).toEqual(['damage']);
    expect(Object.keys(opening)).toEqual(['damage']);
  });
});
