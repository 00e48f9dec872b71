import { piecesOf } from './course.ts';
import type { Work } from './protocol.ts';

/** Which events of a sample were measured. */
export class Coverage {
  readonly #lines: number;
  readonly #isSeen: Uint8Array;

  /** Of a sample of so many lines, in which `events` events are repeated. */
  constructor({ lines, events }: { readonly lines: number; readonly events: number }) {
    this.#lines = lines;
    this.#isSeen = new Uint8Array(events);
  }

  add(work: Work): void {
    for (const { first, lines } of piecesOf(work, this.#lines)) this.#see(first, lines);
  }

  get events(): number {
    return this.#isSeen.reduce((sum, seen) => sum + seen, 0);
  }

  #see(first: number, lines: number): void {
    const events = this.#isSeen.length;
    const from = first % events;
    const to = from + Math.min(lines, events);
    this.#isSeen.fill(1, from, to);
    if (to > events) this.#isSeen.fill(1, 0, to - events);
  }
}
