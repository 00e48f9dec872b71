import { beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { compact, packSealed } from '../../src/store/compact.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { layout } from '../../src/store/layout.ts';
import { exportTopic } from '../../src/upkeep/export-topic.ts';
import { importTopic } from '../../src/upkeep/import-topic.ts';
import { removeJob } from '../../src/upkeep/remove-topics.ts';
import { type Attempt, failEach, type Mode, untriedCalls } from '../crash/failing-calls.ts';
import { barestCrash, filesOf } from '../support/crash-states.ts';
import { CALL_KINDS, type Failure, FaultyDisk } from '../support/faulty-disk.ts';
import { newDisk, openLog } from '../support/small-store.ts';
import { buryOwners, STORE } from '../support/store-scenario.ts';
import {
  changed,
  damageIn,
  diskOf,
  eventsIn,
  type Files,
  KEEP,
  pathLike,
  repair,
  verified,
  without,
} from './damaged-stores.ts';

/**
 * Every call to the disk fails, once or from then on for good, while a topic is compacted, removed, imported or repaired. Whoever
 * fails says so; the topic is as it was or as it should be, also if the power fails then; and when the trouble is over, doing it
 * again comes to the same.
 */

const MODES: readonly Mode[] = [
  { code: 'EIO', forGood: false },
  { code: 'ENOSPC', forGood: true },
];
const SEGMENT_BYTES = 90;

/** Calls of these names that are no calls to the disk: what is behind them is in the store, and fails there. */
const NO_CALLS: readonly string[] = [
  'return await file.read(at, length);',
  'const piece = await file.read(at + length - left, left);',
];

/** Where in the source a call was made that has failed, over all tests. */
const sites = new Set<string>();

interface Upkeep {
  readonly start: () => Files;
  readonly run: (disk: FaultyDisk) => Promise<unknown>;
  /** Whether the store is damaged until it has run. */
  readonly mends?: true;
  /** Whether it changes nothing. */
  readonly looks?: true;
}

let sound: Files;
/** The same with its sealed segments compressed. */
let packed: Files;
let exported: Buffer;
/** What an import has left that was cut off. */
let halfImported: Files;

beforeAll(async () => {
  const disk = newDisk();
  const topics = ['out', 'out.dead'];
  const log = await openLog(disk, { frameBytes: 1, segmentBytesMax: SEGMENT_BYTES, topics });
  for (const topic of topics) await log.createTopic(topic);
  for (let n = 0; n < 14; n++) {
    const line = Buffer.from(`{"id":${n % 3},"n":${n}}\n`);
    log.topic('out').append(line, 0, line.length);
    log.topic('out').endChunk(1);
    const account = { ...EMPTY_ACCOUNT, read: n + 1, kept: n + 1, written: n + 1 };
    await log.commit(Promise.resolve({ '/in': { offset: n, line: n } }), account);
  }
  await log.close();
  sound = filesOf(disk.model);
  const packing = diskOf(sound);
  await packSealed(packing, STORE, 'out', new AbortController().signal);
  packed = filesOf(packing.model);
  const pieces: Uint8Array[] = [];
  for await (const piece of exportTopic(disk, STORE, 'out', { positions: true, from: undefined }))
    pieces.push(Buffer.from(piece));
  exported = Buffer.concat(pieces);
  const importing = diskOf(sound);
  importing.failure = { kind: 'rename', call: 4, code: 'EIO', forGood: true };
  await expect(importOnce(importing)).rejects.toThrow();
  halfImported = filesOf(importing.model);
});

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
}

async function importOnce(disk: FaultyDisk): Promise<void> {
  if ((await eventsIn(disk, 'moved')).size > 0) return;
  await importTopic(disk, STORE, 'moved', inPieces(exported), SEGMENT_BYTES);
}

function flipped(part: string, at: number, files = sound): Files {
  return changed(files, pathLike(files, part), content => {
    content[at < 0 ? content.length + at : at]! ^= 1;
    return content;
  });
}

const FIRST = '/out/00000000000000000000.ndjson';
const lastSegment = (): string =>
  [...sound.keys()].filter(path => path.includes('/out/0') && path.endsWith('.ndjson')).at(-1)!;

const ROWS: Readonly<Record<string, Upkeep>> = {
  'a topic is compacted': {
    start: () => sound,
    run: disk => compact(disk, STORE, 'out', { key: 'id', segmentBytesMax: 200 }),
  },
  'a job is removed': { start: () => sound, run: disk => removeJob(disk, STORE, 'mill') },
  'a topic is imported': { start: () => sound, run: importOnce },
  'a topic is imported of which an import has left something': { start: () => halfImported, run: importOnce },
  'a store is verified': { start: () => sound, run: verified, looks: true },
  'a segment is repaired, and store.json': {
    start: () => flipped('store.json', 4, flipped(FIRST, 9)),
    run: disk => repair(disk),
    mends: true,
  },
  'bytes are cut off a segment that has too many': {
    start: () =>
      changed(sound, pathLike(sound, FIRST), content => Buffer.concat([content, Buffer.from('{"id":9}\n')])),
    run: disk => repair(disk),
    mends: true,
  },
  'a job is repaired that has lost its journal, an index, and the file that says whose a topic is': {
    start: () => {
      const journal = pathLike(sound, '.journal');
      return without(without(flipped('/out/topic.json', 4), journal), pathLike(sound, '.index'));
    },
    run: disk => repair(disk),
    mends: true,
  },
  'a job goes back to before what is damaged': {
    start: () => flipped(lastSegment(), -2),
    run: disk => repair(disk, { ...KEEP, rewind: true }),
    mends: true,
  },
  'a job goes back to before its segments were compressed': {
    start: () => flipped(lastSegment(), -2, packed),
    run: disk => repair(disk, { ...KEEP, rewind: true }),
    mends: true,
  },
  'a line within the journal is proven by others, and store.json is gone': {
    start: () => {
      const journal = pathLike(sound, '.journal');
      const middle = sound.get(journal)!.length >> 1;
      return without(flipped('.journal', middle), pathLike(sound, 'store.json'));
    },
    run: disk => repair(disk),
    mends: true,
  },
  'the end of the journal is given up, and a topic.json is written again': {
    start: () => without(flipped('.journal', -9), pathLike(sound, '/out/topic.json')),
    run: disk => repair(disk),
    mends: true,
  },
  'a topic that no job knows is put aside': {
    start: () => {
      const files = [...sound].filter(([path]) => !path.includes('/jobs/'));
      return without(new Map(files), pathLike(sound, '/out/topic.json'));
    },
    run: disk => repair(disk),
    mends: true,
  },
};

async function contentOf(disk: FaultyDisk): Promise<string> {
  const topics = [...(disk.model.directory(layout.topics(STORE))?.entries.keys() ?? [])].sort();
  const content = [];
  // A directory in which nothing was committed yet is no topic.
  for (const topic of topics) content.push([topic, [...(await eventsIn(disk, topic))]]);
  return JSON.stringify(content.filter(([, events]) => events!.length > 0));
}

describe.each(Object.entries(ROWS))('when a call to the disk fails while %s', (_, upkeep) => {
  let before = '';
  let after: string;

  beforeAll(async () => {
    if (upkeep.mends === undefined) before = await contentOf(diskOf(upkeep.start()));
    const disk = diskOf(upkeep.start());
    await upkeep.run(disk);
    after = await contentOf(disk);
    if (upkeep.looks === undefined) expect(after).not.toBe(before);
  });

  async function attempt(failure: Failure): Promise<Attempt> {
    const disk = new FaultyDisk(barestCrash(diskOf(upkeep.start()).model), new Random(3));
    disk.failure = failure;
    const error = await upkeep.run(disk).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined && !(error instanceof MillraceError && error.exit === 4)) throw error as Error;
    expect(disk.openFiles).toBe(0);
    disk.failure = undefined;
    const unplugged = new FaultyDisk(barestCrash(disk.model));
    for (const left of [disk, unplugged]) {
      buryOwners(left.model);
      if (upkeep.mends === undefined) {
        expect([before, after]).toContain(await contentOf(left));
        expect(damageIn(await verified(left))).toEqual([]);
      }
      if (error === undefined) expect(await contentOf(left)).toBe(after);
      await upkeep.run(left);
      expect(await contentOf(left)).toBe(after);
      expect(damageIn(await verified(left))).toEqual([]);
    }
    return disk;
  }

  it.each(CALL_KINDS)('leaves it as it was or as it should be, at every failing %s', async kind => {
    await failEach(kind, MODES, attempt, sites);
  });
});

describe('the calls of the upkeep', () => {
  const upkeep = new URL('../../src/upkeep/', import.meta.url);

  it('have all failed: each place in the source at which one is made', () => {
    expect(untriedCalls(upkeep, sites, (_name, line) => NO_CALLS.includes(line.trim()))).toEqual([]);
  });
});
