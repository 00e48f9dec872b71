import { crc32 } from 'node:zlib';
import { systemCode } from '../base/errors.ts';
import { type Disk, type DiskFile, sizeOf } from './disk.ts';
import { corrupt, tooShort } from './failure.ts';
import type { FrameRow, SealedRow, TopicState } from './job-state.ts';
import type { JournalContents } from './journal.ts';
import { digits, isEdition, isSegment, layout, segmentName, segmentOf } from './layout.ts';
import { openSegment } from './open-segment.ts';
import { quarantineFile, quarantineTail } from './quarantine.ts';
import { crcOf, crcText } from './record.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { readIndex, writeIndex } from './segment-index.ts';
import { filesOfSealed } from './stray-files.ts';

/**
 * Brings the files of a job to what its journal says. One rule:
 *
 *   beyond the committed end   the process died before the commit: cut off, kept in the quarantine
 *   inside it, wrong checksum  the disk has changed committed bytes: stop, change nothing
 *   shorter than it            the disk has lost committed bytes: stop, change nothing
 */

/** What recovery cut off, for the user to be told. */
export interface Cut {
  readonly what: string;
  readonly bytes: number;
}

/** Moves what an interrupted write has left of a journal into the quarantine. */
export async function quarantineTorn(
  disk: Disk,
  store: string,
  job: string,
  found: JournalContents,
): Promise<void> {
  const directory = layout.journal(store, job);
  for (const name of found.torn) await quarantineFile(disk, store, `${job}.${name}`, `${directory}/${name}`);
  if (found.end !== 'torn') return;
  const name = found.files.at(-1)!;
  const file = await disk.open(`${directory}/${name}`, 'update');
  try {
    await quarantineTail(disk, store, `${job}.${name}`, file, found.bytes);
  } finally {
    await file.close();
  }
}

/** Brings one topic to `state`; gives what was cut off. */
export async function recoverTopic(
  disk: Disk,
  store: string,
  topic: string,
  state: TopicState,
): Promise<Cut[]> {
  const cuts: Cut[] = [];
  const directory = layout.topic(store, topic);
  for (const sealed of state.sealed) await recoverSealed(disk, store, topic, sealed, state.frames);
  const known = filesOfSealed(state);
  for (const name of await disk.list(directory)) {
    const what = known.has(name) ? 'needed' : judge(name, state);
    if (what === 'beyond') await cutFile(disk, store, topic, name, cuts);
    else if (what === 'left') await disk.remove(`${directory}/${name}`);
  }
  await recoverLast(disk, store, topic, state, cuts);
  return cuts;
}

/** Those of a topic's files that are segments which recovery to `state` will remove. */
export function leftSegments(names: readonly string[], state: TopicState): string[] {
  const known = filesOfSealed(state);
  return names.filter(name => isSegment(name) && !known.has(name) && judge(name, state) === 'left');
}

/**
 * What a file is that belongs to no sealed segment: beyond the committed end; left from a removal that was not finished, or
 * from a file that was to take the place of another; or something that is none of our business.
 *
 * It is called when all that is committed was found to be there: what is left holds nothing that is not there as well.
 */
function judge(name: string, { sealed, end, earliest, compacted }: TopicState): 'beyond' | 'left' | 'other' {
  if (name.endsWith('.partial')) return 'left';
  const segment = segmentOf(name);
  if (segment === undefined || name === segmentName(end.segment)) return 'other';
  if (segment >= end.segment) return 'beyond';
  const superseded =
    isEdition(name) || segment < (compacted?.to ?? 0) || sealed.some(([of]) => of === segment);
  return segment < earliest || superseded ? 'left' : 'other';
}

async function cutFile(disk: Disk, store: string, topic: string, name: string, cuts: Cut[]): Promise<void> {
  const path = `${layout.topic(store, topic)}/${name}`;
  const bytes = await sizeOf(disk, path);
  if (bytes === 0) {
    await disk.remove(path);
    return;
  }
  cuts.push({ what: `${topic}/${name}`, bytes });
  await quarantineFile(disk, store, `${topic}.${name}`, path);
}

async function recoverSealed(
  disk: Disk,
  store: string,
  topic: string,
  sealed: SealedRow,
  frames: readonly FrameRow[],
): Promise<void> {
  const [segment, plainBytes, , , , , form] = sealed;
  const bytes = form?.gzip ?? plainBytes;
  const file = await openSegment(disk, store, topic, segment, form);
  try {
    const size = await file.size();
    if (size < bytes) throw shortSegment(topic, segment, size, bytes);
    if (size > bytes)
      throw corrupt(
        `sealed segment ${digits(segment)} of topic "${topic}" has ${size - bytes} bytes too many`,
      );
    if ((await readIndex(disk, store, topic, sealed)) !== undefined) return;
    const known = form === undefined ? frames.filter(frame => frame[0] === segment) : [];
    const index =
      known.length > 0 ? { frames: known, members: undefined } : await rebuildIndex(file, topic, sealed);
    await writeIndex(disk, store, topic, sealed, index);
  } finally {
    await file.close();
  }
}

async function recoverLast(
  disk: Disk,
  store: string,
  topic: string,
  state: TopicState,
  cuts: Cut[],
): Promise<void> {
  const { segment, bytes } = state.end;
  let file: DiskFile;
  try {
    file = await disk.open(layout.segment(store, topic, segment), 'update');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    if (bytes > 0) throw shortSegment(topic, segment, 0, bytes);
    return;
  }
  try {
    const size = await file.size();
    if (size < bytes) throw shortSegment(topic, segment, size, bytes);
    await checkLastFrame(file, topic, state);
    if (size > bytes) {
      const name = segmentName(segment);
      cuts.push({ what: `${topic}/${name}`, bytes: size - bytes });
      await quarantineTail(disk, store, `${topic}.${name}`, file, bytes);
    }
  } finally {
    await file.close();
  }
}

/** The frame that was written last is the one that a crash could have harmed; readers and verify check the others. */
async function checkLastFrame(file: DiskFile, topic: string, state: TopicState): Promise<void> {
  const own = state.frames.filter(frame => frame[0] === state.end.segment);
  const last = own.at(-1);
  if (last === undefined) return;
  const bytes = new Uint8Array(last[1]);
  await file.read(bytes, state.end.bytes - bytes.length);
  if (crcText(crc32(bytes, crcOf(own.at(-2)?.[3] ?? '0'))) === last[3]) return;
  const offset = state.end.offset - last[2];
  throw corrupt(
    `topic "${topic}" is damaged at or after offset ${offset}, in segment ${digits(state.end.segment)}`,
  );
}

function shortSegment(topic: string, segment: number, size: number, bytes: number): Error {
  return tooShort(`segment ${digits(segment)} of topic "${topic}" has ${size} of ${bytes} committed bytes`);
}
