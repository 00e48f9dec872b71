import type { EventFilter, Filtered } from '../pipeline/event-filter.ts';
import type { Undecided } from '../pipeline/undecided.ts';
import { type Frame, keptEvents } from '../store/frame.ts';

/** Events of a topic as they are printed: as they are, or filtered, or with their offsets and commit times. */

/** What is printed of the events of a frame that are left of them. */
export interface Range {
  readonly skip: number;
  readonly most: number;
}

export interface Printed {
  readonly bytes: Uint8Array;
  /** Events that `bytes` has, and those before them that were skipped. */
  readonly events: number;
  readonly skipped: number;
  /** The event after those that are printed, where it cannot be decided and is wanted. */
  readonly undecided?: Undecided | undefined;
}

export class EventPrinter {
  readonly #topic: string;
  readonly #filter: EventFilter | undefined;
  readonly #meta: boolean;

  constructor(topic: string, filter: EventFilter | undefined, meta: boolean) {
    this.#topic = topic;
    this.#filter = filter;
    this.#meta = meta;
  }

  /**
   * The events of `frame` from the offset `from` on, without the first `skip` of those that are left of them, and at most `most`;
   * where one of them cannot be decided, those before it.
   */
  async print(frame: Frame, from: number, range: Range): Promise<Printed> {
    const first = Math.max(frame.offset, from);
    const bytes = eventsFrom(frame, from);
    if (this.#filter === undefined && !frame.sparse) {
      return this.#cut(bytes, frame.offset + frame.events - first, range, i => first + i, frame.time);
    }
    const { bytes: found, indices, undecided } = await this.#found(bytes, first, frame.sparse);
    const printed = this.#cut(found, indices.length, range, i => first + indices[i]!, frame.time);
    return printed.events < range.most ? { ...printed, undecided } : printed;
  }

  /** Of `count` events those in the range; `offsetOf` gives the offset of each of them. */
  #cut(
    bytes: Uint8Array,
    count: number,
    { skip, most }: Range,
    offsetOf: (index: number) => number,
    time: number,
  ): Printed {
    const skipped = Math.min(skip, count);
    const events = Math.min(most, count - skipped);
    const rest = afterEvents(bytes, skipped);
    const left = skipped + events === count ? rest : rest.subarray(0, endOfEvents(rest, events));
    return { bytes: this.#meta ? withMeta(left, i => offsetOf(skipped + i), time) : left, events, skipped };
  }

  /** How many there would be; rejects with Undecided. */
  async count(frame: Frame, from: number): Promise<number> {
    const first = Math.max(frame.offset, from);
    const { indices, undecided } = await this.#found(eventsFrom(frame, from), first, frame.sparse);
    if (undecided !== undefined) throw undecided;
    return indices.length;
  }

  async #found(bytes: Uint8Array, offset: number, sparse: boolean): Promise<Filtered> {
    const lines = { bytes, offset, sparse };
    if (this.#filter !== undefined) return filterLines(this.#filter, this.#topic, lines);
    return { bytes: keptEvents(lines), indices: indicesOfEvents(bytes), invalid: 0, undecided: undefined };
  }
}

/** The events that are left of some lines of a topic, the first of which has this offset; and which of the lines they are. */
export async function filterLines(
  filter: EventFilter,
  topic: string,
  lines: Pick<Frame, 'bytes' | 'offset' | 'sparse'>,
): Promise<Filtered> {
  const { bytes, offset, sparse } = lines;
  const there = sparse ? indicesOfEvents(bytes) : undefined;
  const lineOf = (index: number): number => there?.[index] ?? index;
  const nameOf = (index: number): string => `the event at offset ${offset + lineOf(index)} of "${topic}"`;
  const filtered = await filter.apply(keptEvents(lines), nameOf);
  return { ...filtered, indices: filtered.indices.map(lineOf) };
}

/** Which lines are not empty, by their number from 0. */
function indicesOfEvents(bytes: Uint8Array): number[] {
  const indices: number[] = [];
  for (let at = 0, line = 0; at < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, at);
    if (end > at) indices.push(line);
    at = end + 1;
  }
  return indices;
}

/** The lines of `frame` that have the offset `from` or a later one. */
function eventsFrom(frame: Frame, from: number): Uint8Array {
  return afterEvents(frame.bytes, Math.max(0, from - frame.offset));
}

function afterEvents(bytes: Uint8Array, count: number): Uint8Array {
  return bytes.subarray(endOfEvents(bytes, count));
}

/** The byte behind the first `count` events. */
function endOfEvents(bytes: Uint8Array, count: number): number {
  let at = 0;
  for (let event = 0; event < count; event++) at = bytes.indexOf(0x0a, at) + 1;
  return at;
}

/** Each event as a member of an object that tells its offset and commit time. */
function withMeta(bytes: Uint8Array, offsetOf: (index: number) => number, time: number): Uint8Array {
  const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1);
  const when = new Date(time).toISOString();
  const objects = lines.map(
    (line, index) => `{"offset":${offsetOf(index)},"time":"${when}","event":${line}}\n`,
  );
  return Buffer.from(objects.join(''), 'utf8');
}
