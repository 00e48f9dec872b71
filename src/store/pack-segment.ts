import { promisify } from 'node:util';
import { crc32, gzip } from 'node:zlib';
import { MEMBER_BYTES } from '../base/limits.ts';
import { type Disk, type DiskFile, openEmpty, writeAll } from './disk.ts';
import { corrupt } from './failure.ts';
import { BadMember, unpackMember } from './gzip-members.ts';
import type { FrameRow, SealedRow } from './job-state.ts';
import { digits, layout, segmentName } from './layout.ts';
import { openSegment } from './open-segment.ts';
import { crcOf, crcText } from './record.ts';
import { type MemberRow, type SegmentIndex, writeIndex } from './segment-index.ts';

/**
 * Compresses a sealed segment: beside the plain file, which stays what counts until the journal says otherwise.
 *
 * What was written is read back and unpacked before it gets its name. So a file of that name is whole, durable, and holds the
 * bytes that were committed; it is the caller's to record it, and to remove the plain one after that.
 */

const pack = promisify(gzip);

/** Frames that go into one member. */
interface Run {
  readonly frames: number;
  readonly bytes: number;
  /** The segment's checksum before and after it. */
  readonly crc: number;
  readonly crcAfter: string;
}

/** Gives the segment's row as it is now; undefined where `stopped` was aborted, and nothing is left then. */
export async function packSegment(
  disk: Disk,
  store: string,
  topic: string,
  row: SealedRow,
  frames: readonly FrameRow[],
  stopped: AbortSignal,
): Promise<SealedRow | undefined> {
  const [segment, , , , , , form] = row;
  const runs = runsOf(frames);
  const where = `segment ${digits(segment)} of topic "${topic}"`;
  const directory = layout.topic(store, topic);
  const name = segmentName(segment, { ...form, gzip: 0 });
  const partial = `${directory}/${name}.partial`;
  const plain = await openSegment(disk, store, topic, segment, form);
  let members: readonly MemberRow[] | undefined;
  try {
    members = await writePacked(disk, partial, plain, { runs, where, stopped });
  } finally {
    await plain.close();
    if (members === undefined) await disk.remove(partial);
  }
  if (members === undefined) return undefined;
  await disk.rename(partial, `${directory}/${name}`);
  await disk.syncDirectory(directory);
  const size = members.reduce((sum, [bytes]) => sum + bytes, 0);
  const [, bytes, events, crc, firstTime, lastTime] = row;
  const packedRow = [segment, bytes, events, crc, firstTime, lastTime, { ...form, gzip: size }] as const;
  const index: SegmentIndex = { frames, members };
  await writeIndex(disk, store, topic, packedRow, index);
  return packedRow;
}

interface Work {
  readonly runs: readonly Run[];
  /** Names the segment in errors. */
  readonly where: string;
  readonly stopped: AbortSignal;
}

/** Writes the compressed file, durable and checked; undefined where that was stopped. */
async function writePacked(
  disk: Disk,
  path: string,
  plain: DiskFile,
  { runs, where, stopped }: Work,
): Promise<readonly MemberRow[] | undefined> {
  const packed = await openEmpty(disk, path);
  try {
    const members = await writeMembers(plain, packed, runs, where, stopped);
    if (members === undefined) return undefined;
    await packed.datasync();
    await checkMembers(packed, members, runs, where);
    return members;
  } finally {
    await packed.close();
  }
}

function runsOf(frames: readonly FrameRow[]): Run[] {
  const runs: Run[] = [];
  let [count, bytes, crc] = [0, 0, 0];
  for (const [at, [, length, , crcAfter]] of frames.entries()) {
    count++;
    bytes += length;
    if (bytes < MEMBER_BYTES && at < frames.length - 1) continue;
    runs.push({ frames: count, bytes, crc, crcAfter });
    [count, bytes, crc] = [0, 0, crcOf(crcAfter)];
  }
  return runs;
}

async function writeMembers(
  plain: DiskFile,
  packed: DiskFile,
  runs: readonly Run[],
  where: string,
  stopped: AbortSignal,
): Promise<MemberRow[] | undefined> {
  const members: MemberRow[] = [];
  let from = 0;
  let at = 0;
  for (const run of runs) {
    if (stopped.aborted) return undefined;
    const bytes = new Uint8Array(run.bytes);
    await plain.read(bytes, from);
    if (crcText(crc32(bytes, run.crc)) !== run.crcAfter) {
      throw corrupt(`${where} is damaged at or after byte ${from}: it cannot be compressed`);
    }
    const member = await pack(bytes);
    await writeAll(packed, member, at);
    members.push([member.length, run.frames]);
    from += run.bytes;
    at += member.length;
  }
  return members;
}

/** Throws where what was written does not unpack to what was committed. */
async function checkMembers(
  packed: DiskFile,
  members: readonly MemberRow[],
  runs: readonly Run[],
  where: string,
): Promise<void> {
  let at = 0;
  for (const [index, { bytes, crc, crcAfter }] of runs.entries()) {
    const member = new Uint8Array(members[index]![0]);
    await packed.read(member, at);
    at += member.length;
    const plain = await unpackMember(member, bytes).catch((error: unknown) => {
      if (error instanceof BadMember) return undefined;
      throw error;
    });
    if (plain?.length === bytes && crcText(crc32(plain, crc)) === crcAfter) continue;
    throw corrupt(`${where} was compressed, and does not read as it was written: the disk has changed it`);
  }
}
