import { AT_START, type Position, type Reached, type Source, type SourceSpec } from '../source/contract.ts';

/** The sources of a run: opened one after the other, each with how far the output reflects it. */

interface Entry {
  readonly spec: SourceSpec;
  readonly sizeBytes: number | undefined;
  source: Source | undefined;
  startOffset: number;
  reached: Reached;
  /** The position that a commit asked for last, or the final one once the source was read to its end. */
  position: Promise<Position> | undefined;
  /** Whether `reached` is not in a commit yet. */
  changed: boolean;
}

export class SourceBook {
  readonly #entries: readonly Entry[];

  /** `sizes` are the bytes of each source, where they are known. */
  constructor(specs: readonly SourceSpec[], sizes: readonly (number | undefined)[]) {
    this.#entries = specs.map((spec, index) => ({
      spec,
      sizeBytes: sizes[index],
      source: undefined,
      startOffset: 0,
      reached: AT_START,
      position: undefined,
      changed: false,
    }));
  }

  /** Opens the source where `positions` say that it was left. */
  async open(index: number, positions: Readonly<Record<string, unknown>>): Promise<Source> {
    const entry = this.#entries[index]!;
    const { id } = entry.spec;
    const position = id === undefined ? undefined : (positions[id] as Position | undefined);
    entry.source = await entry.spec.open(position);
    entry.reached = entry.source.start;
    entry.startOffset = entry.source.start.offset;
    return entry.source;
  }

  reached(index: number): Reached {
    return this.#entries[index]!.reached;
  }

  /** Says that the output reflects the source up to `reached`. */
  reach(index: number, reached: Reached): void {
    const entry = this.#entries[index]!;
    entry.reached = reached;
    entry.changed = true;
  }

  /** Says that the output reflects all of the source; closes it. */
  finish(index: number): void {
    const entry = this.#entries[index]!;
    const { source, reached, spec } = entry;
    if (source === undefined) return;
    entry.source = undefined;
    entry.changed = true;
    if (spec.id === undefined) {
      void source.close();
      return;
    }
    // Not before the position that a commit may be asking for, because the source is closed then.
    const asked = entry.position ?? Promise.resolve();
    entry.position = asked.then(() => source.position(reached)).finally(() => source.close());
    // A commit will see the failure.
    entry.position.catch(() => undefined);
  }

  /** The positions that have changed since the last call, as they are at the moment of the call. */
  async takePositions(): Promise<Record<string, unknown>> {
    const taken = this.#entries.filter(entry => entry.changed && entry.spec.id !== undefined);
    for (const entry of taken) {
      entry.changed = false;
      if (entry.source !== undefined) entry.position = entry.source.position(entry.reached);
    }
    const positions = await Promise.all(
      taken.map(async ({ spec, position }) => [spec.id!, await position] as const),
    );
    return Object.fromEntries(positions);
  }

  /** Bytes of all sources, and of them those that earlier runs have read; undefined where one has no known end. */
  inputBytes(): { total: number; earlier: number } | undefined {
    let total = 0;
    let earlier = 0;
    for (const { sizeBytes, startOffset } of this.#entries) {
      if (sizeBytes === undefined) return undefined;
      total += sizeBytes;
      earlier += startOffset;
    }
    return { total, earlier };
  }

  async close(): Promise<void> {
    for (const entry of this.#entries) await entry.source?.close();
  }
}
