import assert from 'node:assert/strict';
import { MillraceError } from '../../src/base/errors.ts';
import type { Disk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { layout } from '../../src/store/layout.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import { DiskModel } from '../support/disk-model.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import {
  emptyDisk,
  readState,
  readTopic,
  SMALL,
  type StoreState,
  Story,
  STORE,
  TOPICS,
} from '../support/store-scenario.ts';

/**
 * A disk that changes one bit of what was committed. Whoever reads it is shown what was written, or is told of damage; and so is
 * a job that is opened, which must not take damage for the torn end of an interrupted write and cut it off.
 */

export type Files = ReadonlyMap<string, Uint8Array>;
type Outcome = 'same' | 'damage' | 'rollback';
export type Counts = Partial<Record<Outcome, number>>;

export interface FlippableStore {
  /**
   * Three with the same events: one whose journal has a line for each commit, one that was opened since, and one whose
   * sealed segments were compressed.
   */
  readonly stores: readonly Files[];
  readonly original: StoreState;
}

/** A small store of so many commits, whose segments have a few of the longest events. */
export async function makeStore(commits: number, textBytesMax: number): Promise<FlippableStore> {
  const disk = new FaultyDisk(emptyDisk());
  const sizes = { segmentBytesMax: textBytesMax * 4, frameBytes: textBytesMax, journalBytesMax: 1_000_000 };
  const log = await JobLog.open(disk, STORE, { ...SMALL, ...sizes });
  await new Story(textBytesMax).commitSteps(log, 1, commits);
  await log.close();
  const written = filesOf(disk.model);
  const original = await openAndRead(disk);
  const opened = filesOf(disk.model);
  const packing = await JobLog.open(disk, STORE, {
    ...SMALL,
    keeping: { retain: undefined, compress: true },
  });
  await packing.settle(new AbortController().signal);
  await packing.close();
  return { stores: [written, opened, filesOf(disk.model)], original };
}

export function bytesOf(files: Files): number {
  return [...files.values()].reduce((sum, { length }) => sum + length, 0);
}

async function openAndRead(disk: FaultyDisk): Promise<StoreState> {
  const log = await JobLog.open(disk, STORE, SMALL);
  assert.deepEqual(log.cuts, []);
  return readState(disk, log).finally(() => log.close());
}

/** Reads and verifies topics. */
async function readAll(disk: Disk, topics: readonly string[]): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const topic of topics) {
    contents[topic] = await readTopic(disk, topic);
    await verifyTopic(disk, STORE, topic);
  }
  return contents;
}

/** The files that are opened by who reads a topic: what becomes of any other changes nothing for him. */
async function openedBy(topic: string, files: Files): Promise<ReadonlySet<string>> {
  const opened = new Set<string>();
  const disk = new FaultyDisk(DiskModel.of(files));
  const noting: Disk = Object.assign({}, disk, {
    open: (path: string, mode: Parameters<Disk['open']>[1]) => {
      opened.add(path);
      return disk.open(path, mode);
    },
  });
  await readAll(noting, [topic]);
  return opened;
}

async function judge(reading: Promise<unknown>, expected: unknown, where: string): Promise<Outcome> {
  try {
    assert.deepEqual(await reading, expected, where);
    return 'same';
  } catch (error) {
    if (error instanceof MillraceError && error.exit === 5) return 'damage';
    throw error;
  }
}

export interface FlipReport {
  /** What came of it for readers, and for the job itself. */
  readonly reading: Counts;
  readonly opening: Counts;
}

export interface FlipOptions {
  /** How the names of the files end that are flipped, and of others that are not there at all. */
  readonly ending: string;
  readonly without?: string;
  /** Of the bits, every so many are flipped; 1 is all of them. Odd, so that all places in a byte are met. */
  readonly stride: number;
  /** One share of so many of these bits is flipped; what several processes do together is all of them. */
  readonly share?: { readonly part: number; readonly parts: number };
  readonly onFlip?: () => void;
}

/** Flips bits and counts what comes of it; rejects where anything else is read than what was written. */
export async function flipBits(
  { stores, original }: FlippableStore,
  { ending, without, stride, share = { part: 1, parts: 1 }, onFlip = () => undefined }: FlipOptions,
): Promise<FlipReport> {
  const report: FlipReport = { reading: {}, opening: {} };
  for (const all of stores) {
    const files = new Map([...all].filter(([path]) => without === undefined || !path.endsWith(without)));
    const opened = await Promise.all(
      TOPICS.map(async topic => ({ topic, paths: await openedBy(topic, files) })),
    );
    for (const [path, content] of files) {
      if (!path.endsWith(ending)) continue;
      const topics = opened.filter(({ paths }) => paths.has(path)).map(({ topic }) => topic);
      const expected = Object.fromEntries(topics.map(topic => [topic, original.contents[topic]]));
      const first = (share.part - 1) * stride;
      for (let bit = first; bit < content.length * 8; bit += stride * share.parts) {
        const flipped = Uint8Array.from(content);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const disk = new FaultyDisk(DiskModel.of(new Map([...files, [path, flipped]])));
        const where = `bit ${bit & 7} of byte ${bit >> 3} of ${path}`;
        count(report.reading, await judge(readAll(disk, topics), expected, where));
        const outcome = await judge(openAndRead(disk), original, where);
        count(report.opening, filesOf(disk.model, layout.quarantine(STORE)).size > 0 ? 'rollback' : outcome);
        onFlip();
      }
    }
  }
  return report;
}

function count(counts: Counts, outcome: Outcome): void {
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

/** A disk that does not give back what was written of a compressed segment: the plain one stays, and all is as it was. */
export async function flipWhilePacking(): Promise<void> {
  const disk = new FaultyDisk(emptyDisk());
  const log = await JobLog.open(disk, STORE, SMALL);
  await new Story(300).commitSteps(log, 1, 4);
  await log.close();
  const original = await openAndRead(disk);
  const flipping: Disk = Object.assign({}, disk, {
    open: async (path: string, mode: Parameters<Disk['open']>[1]) => {
      const file = await disk.open(path, mode);
      if (!path.endsWith('.gz.partial')) return file;
      const read = file.read.bind(file);
      return Object.assign(file, {
        read: async (into: Uint8Array, position: number) => {
          const length = await read(into, position);
          into[length >> 1]! ^= 1;
          return length;
        },
      });
    },
  });
  const packing = await JobLog.open(flipping, STORE, {
    ...SMALL,
    keeping: { retain: undefined, compress: true },
  });
  await assert.rejects(packing.settle(new AbortController().signal), { code: 'MILLRACE_STORE_CORRUPT' });
  await packing.close();
  assert.deepEqual(await openAndRead(disk), original);
}
