import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../src/base/errors.ts';
import { MiB } from '../../src/base/limits.ts';
import { type Disk, type DiskFile, realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import type { Keeping } from '../../src/store/housekeeper.ts';
import { EMPTY_ACCOUNT, type FrameRow } from '../../src/store/job-state.ts';
import { type MemberRow, readIndex } from '../../src/store/segment-index.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { Random } from '../../src/base/random.ts';

/**
 * A store of many megabytes on a real disk that gives back something else than was written: one bit flipped, one sector
 * zeroed, or two sectors swapped. Some of its segments are compressed, the rest plain. A reader goes to the place, by its offset, and must be told of damage there: what it is
 * shown before is compared with what was written.
 */

const SECTOR_BYTES = 512;
const TOPIC = 'large';
const PACKING: Keeping = { retain: undefined, compress: true };
/** At least so many, of which there are more. */
const SEGMENTS_PACKED = 2;
const KINDS = ['bit', 'zeroed', 'swapped'] as const;

export interface DamageReport {
  trials: number;
  /** Trials in which the reader was told of damage; the others changed something in a header of gzip that says nothing. */
  found: number;
  readonly byKind: Record<string, number>;
  mismatches: string[];
}

export interface DamageOptions {
  readonly seed: number;
  readonly megabytes: number;
  readonly trials: number;
  readonly onTrial?: (report: DamageReport) => void;
}

/** What a read of one file gives instead of what is there: ranges, in its own bytes. */
interface Damage {
  readonly path: string;
  readonly ranges: readonly { readonly from: number; readonly bytes: Uint8Array }[];
}

export async function damageLarge(options: DamageOptions): Promise<DamageReport> {
  const { seed, megabytes, trials, onTrial = () => undefined } = options;
  const directory = mkdtempSync(join(tmpdir(), 'millrace-damage-'));
  const store = join(directory, 'store');
  const random = new Random(seed);
  const report: DamageReport = { trials: 0, found: 0, byKind: {}, mismatches: [] };
  try {
    const written = await writeStore(store, megabytes * MiB, random);
    const disk = new DamagedDisk();
    const reader = await TopicReader.open(disk, store, TOPIC);
    const frames = await placesIn(reader, written, disk, store);
    const segments = segmentsIn(join(store, 'topics', TOPIC));
    while (report.trials < trials) {
      const damage = await someDamage(segments, random);
      if (damage === undefined) continue;
      report.trials++;
      report.byKind[damage.kind] = (report.byKind[damage.kind] ?? 0) + 1;
      disk.damage = damage;
      await trial(reader, written, frames, damage, report);
      disk.damage = undefined;
      onTrial(report);
    }
    return report;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Events of all lengths, a part of which are alike; gives all bytes of the topic. */
async function writeStore(store: string, bytesMax: number, random: Random): Promise<Buffer> {
  const options = {
    job: 'mill',
    topics: [TOPIC],
    fresh: false,
    segmentBytesMax: Math.min(16 * MiB, bytesMax / 4),
  };
  const log = await JobLog.open(realDisk, store, { ...options, sync: false });
  const written = Buffer.alloc(bytesMax + MiB);
  let bytes = 0;
  let events = 0;
  for (let chunk = 0; bytes < bytesMax; chunk++) {
    const from = bytes;
    for (events = 0; bytes < from + 100_000; events++) {
      const text = 'x'.repeat(random.below(400));
      bytes += written.write(`{"n":${random.below(1e9)},"chunk":${chunk},"text":"${text}"}\n`, bytes);
    }
    const topic = log.topic(TOPIC);
    topic.append(written, from, bytes);
    topic.endChunk(events);
    if (topic.full) await topic.written;
    if (chunk % 7 === 0) await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
  }
  await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
  await log.close();
  // Opened once more, so that the journal is one snapshot, and some of the segments are compressed.
  const packing = await JobLog.open(realDisk, store, { ...options, sync: false, keeping: PACKING });
  const enough = new AbortController();
  const packed = (): number => packing.stateOf(TOPIC).sealed.filter(row => row[6]?.gzip !== undefined).length;
  const timer = setInterval(() => packed() >= SEGMENTS_PACKED && enough.abort(), 1);
  await packing.settle(enough.signal);
  clearInterval(timer);
  await packing.close();
  return written.subarray(0, bytes);
}

/** A part of a file that is read as a whole: a frame, or a gzip member. */
interface Place {
  readonly segment: number;
  /** Of its file. */
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  /** Where it stands in all that was written. */
  readonly at: number;
}

/** All places, as the indexes have them; the events are read once from end to end and compared. */
async function placesIn(
  reader: TopicReader,
  written: Buffer,
  disk: Disk,
  store: string,
): Promise<readonly Place[]> {
  let read = 0;
  for await (const { bytes } of reader.frames()) {
    if (!written.subarray(read, read + bytes.length).equals(bytes))
      throw new Error('the store is not what was written');
    read += bytes.length;
  }
  if (read !== written.length) throw new Error(`${read} of ${written.length} bytes are there`);
  const places: Place[] = [];
  const { sealed, frames: last, end } = reader.state;
  let at = 0;
  const add = (
    segment: number,
    frames: readonly FrameRow[],
    members: readonly MemberRow[] | undefined,
  ): void => {
    let [from, offset, next] = [0, segment, 0];
    for (const [size, count] of members ?? frames.map(frame => [frame[1], 1] as const)) {
      places.push({ segment, from, to: from + size, offset, at });
      for (const [, bytes, events] of frames.slice(next, next + count)) {
        at += bytes;
        offset += events;
      }
      from += size;
      next += count;
    }
  };
  for (const row of sealed) {
    const index = await readIndex(disk, store, TOPIC, row);
    add(row[0], index!.frames, index!.members);
  }
  add(
    end.segment,
    last.filter(([segment]) => segment === end.segment),
    undefined,
  );
  return places;
}

function segmentsIn(directory: string) {
  const names = readdirSync(directory).filter(name => /\.ndjson(\.gz)?$/.test(name));
  return names.map(name => {
    const path = join(directory, name);
    return { path, segment: Number(name.slice(0, 20)), bytes: statSync(path).size };
  });
}

type SomeDamage = Damage & { readonly kind: (typeof KINDS)[number]; readonly segment: number };

/** Undefined where it would change nothing. */
async function someDamage(
  segments: ReturnType<typeof segmentsIn>,
  random: Random,
): Promise<SomeDamage | undefined> {
  const { path, segment, bytes } = segments[random.below(segments.length)]!;
  const kind = KINDS[random.below(KINDS.length)]!;
  const file = await realDisk.open(path, 'read');
  const read = async (from: number, length: number): Promise<Uint8Array> => {
    const into = new Uint8Array(length);
    return into.subarray(0, await file.read(into, from));
  };
  try {
    if (kind === 'bit') {
      const from = random.below(bytes);
      const byte = await read(from, 1);
      byte[0]! ^= 1 << random.below(8);
      return { kind, path, segment, ranges: [{ from, bytes: byte }] };
    }
    const [one, other] = [sectorOf(bytes, random), sectorOf(bytes, random)];
    const [first, second] = [await read(one, SECTOR_BYTES), await read(other, SECTOR_BYTES)];
    if (kind === 'zeroed')
      return { kind, path, segment, ranges: [{ from: one, bytes: new Uint8Array(first.length) }] };
    if (first.length !== second.length || Buffer.from(first).equals(second)) return undefined;
    const ranges = [
      { from: one, bytes: second },
      { from: other, bytes: first },
    ];
    return { kind, path, segment, ranges };
  } finally {
    await file.close();
  }
}

function sectorOf(bytes: number, random: Random): number {
  return random.below(Math.ceil(bytes / SECTOR_BYTES)) * SECTOR_BYTES;
}

/** Reads from the frame before the damage on, until told of damage, or beyond the frame behind it. */
async function trial(
  reader: TopicReader,
  written: Buffer,
  frames: readonly Place[],
  { kind, segment, path, ranges }: SomeDamage,
  report: DamageReport,
): Promise<void> {
  const places = ranges.map(({ from, bytes }) => ({ from, to: from + bytes.length }));
  const hit = frames.findIndex(
    frame => frame.segment === segment && places.some(({ from, to }) => frame.from < to && from < frame.to),
  );
  const last = frames.findLastIndex(
    frame => frame.segment === segment && places.some(({ from, to }) => frame.from < to && from < frame.to),
  );
  const start = frames[Math.max(0, hit - 1)]!;
  const end = frames[Math.min(frames.length - 1, last + 1)]!;
  try {
    let at = start.at;
    for await (const { bytes, offset } of reader.frames(start.offset)) {
      if (!written.subarray(at, at + bytes.length).equals(bytes))
        report.mismatches.push(
          `${kind} at ${places[0]!.from} of ${path}: offset ${offset} is silently wrong`,
        );
      at += bytes.length;
      if (offset > end.offset) break;
    }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MILLRACE_STORE_CORRUPT') throw error;
    report.found++;
  }
}

/** The real disk, but for what one file gives. */
class DamagedDisk implements Disk {
  damage: Damage | undefined;
  readonly makeDirectory = realDisk.makeDirectory;
  readonly list = realDisk.list;
  readonly rename = realDisk.rename;
  readonly remove = realDisk.remove;
  readonly removeDirectory = realDisk.removeDirectory;
  readonly syncDirectory = realDisk.syncDirectory;
  readonly watch = realDisk.watch;

  readonly open = async (path: string, mode: 'read' | 'update' | 'create'): Promise<DiskFile> => {
    const file = await realDisk.open(path, mode);
    const damage = this.damage;
    if (damage?.path !== path) return file;
    return {
      size: () => file.size(),
      write: (bytes, position) => file.write(bytes, position),
      truncate: size => file.truncate(size),
      datasync: () => file.datasync(),
      close: () => file.close(),
      async read(into, position) {
        const length = await file.read(into, position);
        for (const { from, bytes } of damage.ranges) lay(bytes, from, into.subarray(0, length), position);
        return length;
      },
    };
  };
}

/** Puts `bytes`, which stand at `from`, over what they cover of `into`, which stands at `position`. */
function lay(bytes: Uint8Array, from: number, into: Uint8Array, position: number): void {
  const start = Math.max(from, position);
  const end = Math.min(from + bytes.length, position + into.length);
  if (start < end) into.set(bytes.subarray(start - from, end - from), start - position);
}
