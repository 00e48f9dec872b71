/**
 * Whether the lines of a source were inside the range, from what is committed to what was read: a position is asked for when
 * much more was read already, and is to say what held there.
 *
 * Lines that are alike are one entry, and what is settled is dropped.
 */
export class RangeTrail {
  readonly #entries: Entry[];

  /** At the place where reading begins. */
  constructor(offset: number, line: number, isInside: boolean) {
    this.#entries = [{ end: offset, lineEnd: line, isInside }];
  }

  /** Says that the next lines, which end at `end` and before number `lineEnd`, are all inside, or all outside. */
  add(end: number, lineEnd: number, isInside: boolean): void {
    const last = this.#entries.at(-1)!;
    if (last.isInside !== isInside) {
      this.#entries.push({ end, lineEnd, isInside });
      return;
    }
    last.end = end;
    last.lineEnd = lineEnd;
  }

  /** Whether the line before `offset` was inside, which is no earlier than any that was settled. */
  at(offset: number): boolean {
    return (this.#entries.find(({ end }) => end >= offset) ?? this.#entries.at(-1)!).isInside;
  }

  /** Says that nothing is asked any more about the places before the end of so many lines. */
  settle(lines: number): void {
    const kept = this.#entries.findIndex(({ lineEnd }) => lineEnd >= lines);
    this.#entries.splice(0, kept < 0 ? this.#entries.length - 1 : kept);
  }
}

interface Entry {
  /** In bytes of the source, and in lines. */
  end: number;
  lineEnd: number;
  readonly isInside: boolean;
}
