import type { Disk } from '../store/disk.ts';
import type { SealedRow, TopicState } from '../store/job-state.ts';
import { addRange, damage, type Finding, offsetText, type OffsetRange } from './finding.ts';
import { type Place, scanSegment, type SegmentScan } from './scan-segment.ts';

/** Reads all that is committed of a topic, and tells what of it is not what it was. */

export interface TopicScan {
  readonly topic: string;
  readonly state: TopicState;
  readonly segments: readonly SegmentScan[];
  /** Of what is sound: events that are there, and their bytes. */
  readonly events: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

export async function scanTopic(
  disk: Disk,
  store: string,
  topic: string,
  state: TopicState,
  packedEnd?: SealedRow,
): Promise<TopicScan> {
  const segments: SegmentScan[] = [];
  for (const place of placesOf(topic, state, packedEnd)) segments.push(await scanSegment(disk, store, place));
  return {
    topic,
    state,
    segments,
    events: segments.reduce((sum, { events }) => sum + events, 0),
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    findings: [
      ...segments.flatMap(damageIn),
      ...gapsIn(state),
      ...(state.lost ?? []).map(range => ({
        kind: 'lost' as const,
        message: `${offsetText(range)} ${isOne(range) ? 'is' : 'are'} lost since a repair`,
        offsets: range,
      })),
    ],
  };
}

/** The segments of a topic, in order. */
export function placesOf(topic: string, { sealed, frames, end }: TopicState, packedEnd?: SealedRow): Place[] {
  const own = (segment: number) => frames.filter(([of]) => of === segment);
  const places: Place[] = sealed.map(row => ({ topic, segment: row[0], row, end, frames: own(row[0]) }));
  const { segment } = end;
  if (end.offset > segment || end.bytes > 0)
    places.push({ topic, segment, row: undefined, packedEnd, end, frames: own(segment) });
  return places;
}

function damageIn({ troubles, lost }: SegmentScan): Finding[] {
  const ranges = lost.map(offsetText).join(', ');
  const cost = lost.length === 0 ? '' : `; ${ranges} cannot be read`;
  const [first] = lost;
  return troubles.map((trouble, index) =>
    damage(index === 0 ? `${trouble}${cost}` : trouble, index === 0 ? first : undefined),
  );
}

/** Offsets that no segment has, though nothing says that they are gone. */
function gapsIn(state: TopicState): Finding[] {
  const gaps: OffsetRange[] = [];
  let next = state.earliest;
  for (const { segment, row } of placesOf('', state)) {
    if (segment !== next && segment > (state.compacted?.to ?? 0)) addRange(gaps, [next, segment]);
    next = row === undefined ? state.end.offset : segment + row[2];
  }
  if (next !== state.end.offset) addRange(gaps, [next, state.end.offset]);
  return gaps.map(range =>
    damage(`${offsetText(range)} ${isOne(range) ? 'is' : 'are'} in no segment`, range),
  );
}

function isOne([from, to]: OffsetRange): boolean {
  return to - from === 1;
}
