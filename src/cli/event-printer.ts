import type { EventFilter } from '../pipeline/event-filter.ts';
import type { Frame } from '../store/topic-reader.ts';

/** Events of a topic as they are printed: as they are, or filtered, or with their offsets and commit times. */

export class EventPrinter {
  readonly #filter: EventFilter | undefined;
  readonly #meta: boolean;

  constructor(filter: EventFilter | undefined, meta: boolean) {
    this.#filter = filter;
    this.#meta = meta;
  }

  /** The events of `frame` from the offset `from` on, without the first `skip` of those that are left of them. */
  async print(frame: Frame, from: number, skip: number): Promise<{ bytes: Uint8Array; events: number }> {
    const first = Math.max(frame.offset, from);
    const bytes = eventsFrom(frame, from);
    const events = frame.offset + frame.events - first;
    if (this.#filter === undefined) {
      return { bytes: this.#meta ? withMeta(bytes, i => first + i, frame.time) : bytes, events };
    }
    const filtered = await this.#filter.apply(bytes);
    const indices = filtered.indices.slice(skip);
    const left = afterEvents(filtered.bytes, Math.min(skip, filtered.indices.length));
    const printed = this.#meta ? withMeta(left, i => first + indices[i]!, frame.time) : left;
    return { bytes: printed, events: filtered.indices.length };
  }
}

/** The bytes of those events of `frame` that have the offset `from` or a later one. */
export function eventsFrom(frame: Frame, from: number): Uint8Array {
  return afterEvents(frame.bytes, Math.max(0, from - frame.offset));
}

function afterEvents(bytes: Uint8Array, count: number): Uint8Array {
  let at = 0;
  for (let event = 0; event < count; event++) at = bytes.indexOf(0x0a, at) + 1;
  return bytes.subarray(at);
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
