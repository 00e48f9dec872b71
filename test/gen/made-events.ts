import { type EventsSpec, Generator } from '../../src/gen/generator.ts';
import { SHAPES } from '../../src/gen/shapes.ts';

/** Events as the tests look at them. */

export function specOf(name: string, changes: Partial<EventsSpec> = {}): EventsSpec {
  const shape = SHAPES.find(each => each.name === name)!;
  return {
    shape,
    seed: 1,
    keys: shape.keys ?? 1,
    skew: shape.skew,
    bytes: shape.bytes,
    late: 0,
    lateByMs: 10_000,
    invalid: 0,
    startMs: Date.UTC(2026, 0, 1),
    stepMs: shape.stepMs,
    ...changes,
  };
}

/** The first `count` events, as bytes; in pieces of `piece` events. */
export function bytesOf(spec: EventsSpec, count: number, piece = count): Buffer {
  const generator = new Generator(spec);
  const out = generator.newBuffer();
  const parts: Buffer[] = [];
  while (generator.n < count) {
    out.at = 0;
    generator.fill(out, Math.min(piece, count - generator.n), Number.POSITIVE_INFINITY);
    parts.push(Buffer.from(out.bytes.subarray(0, out.at)));
  }
  return Buffer.concat(parts);
}

export function linesOf(spec: EventsSpec, count: number): readonly string[] {
  const lines = bytesOf(spec, count).toString('utf8').split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  return lines;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it says what the events are
export function eventsOf<Event>(spec: EventsSpec, count: number): readonly Event[] {
  return linesOf(spec, count).map(line => JSON.parse(line) as Event);
}
