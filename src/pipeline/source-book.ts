import { type Positions, type Reached, type Source, type SourceSpec } from '../source/contract.ts';

/** The sources of a run: those that are open, each with how far the output reflects it. */

/** One source, from when it is opened. */
export class OpenSource {
  readonly spec: SourceSpec;
  readonly source: Source;
  reached: Reached;
  /** The position that a commit asked for last, or the final one once the source was read to its end. */
  positions: Promise<Positions> | undefined;

  constructor(spec: SourceSpec, source: Source) {
    this.spec = spec;
    this.source = source;
    this.reached = source.start;
  }
}

/** What a commit is to say of the sources. */
export interface Taken {
  /** The positions, as they are at the moment of the call; to be called at once. */
  readonly positions: () => Promise<Positions>;
  /** To be called when the commit is durable. */
  readonly committed: () => void;
}

export class SourceBook {
  readonly #open = new Set<OpenSource>();
  /** Of which `reached` is not in a commit yet, and among them those that were read to their end. */
  readonly #changed = new Set<OpenSource>();
  readonly #finished = new Set<OpenSource>();
  /** Bytes of the sources that were known from the start; undefined where one has no known end. */
  readonly #sizeBytes: number | undefined;
  #earlierBytes = 0;
  #marks: Positions = {};

  /** `sizes` are the bytes of each source that is known from the start, where they are known. */
  constructor(sizes: readonly (number | undefined)[]) {
    this.#sizeBytes = sizes.reduce(
      (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    );
  }

  /** Opens a source where `positions` say that it was left. */
  async open(spec: SourceSpec, positions: Positions): Promise<OpenSource> {
    const open = new OpenSource(spec, await spec.open(positions));
    this.#open.add(open);
    this.#earlierBytes += open.reached.offset;
    return open;
  }

  /** Says that the output reflects the source up to `reached`. */
  reach(open: OpenSource, reached: Reached): void {
    open.reached = reached;
    open.source.settled?.(reached.line);
    this.#changed.add(open);
  }

  /** Whether somebody waits for what was reached last to be committed. */
  get isAwaited(): boolean {
    for (const { source } of this.#changed) if (source.committed !== undefined) return true;
    return false;
  }

  /** Says that the output reflects all of the source; it is closed as soon as it is no longer needed. */
  finish(open: OpenSource): void {
    const { source, spec } = open;
    this.#changed.add(open);
    if (source.committed !== undefined) {
      this.#finished.add(open);
      return;
    }
    this.#open.delete(open);
    if (spec.id === undefined) {
      void source.close();
      return;
    }
    // Not before the position that a commit may be asking for, because the source is closed then.
    const asked = open.positions ?? Promise.resolve();
    const final = open.reached;
    open.positions = asked.then(() => source.positions(final)).finally(() => source.close());
    // A commit will see the failure.
    open.positions.catch(() => undefined);
  }

  /** Lets the next commit say this under an id that no source has. */
  mark(id: string, position: unknown): void {
    this.#marks = { ...this.#marks, [id]: position };
  }

  /** What has changed since the last call. */
  take(): Taken {
    const marks = this.#marks;
    this.#marks = {};
    const sources = [...this.#changed];
    this.#changed.clear();
    const final = sources.filter(open => this.#finished.delete(open));
    const reached = sources.map(open => [open.source, open.reached] as const);
    return {
      positions: async () => ({ ...(await this.#positionsOf(sources)), ...marks }),
      committed: () => {
        for (const [source, at] of reached) source.committed?.(at);
        for (const open of final) {
          this.#open.delete(open);
          void open.source.close();
        }
      },
    };
  }

  async #positionsOf(sources: readonly OpenSource[]): Promise<Positions> {
    const kept = sources.filter(({ spec }) => spec.id !== undefined);
    for (const open of kept) {
      if (this.#open.has(open)) open.positions = open.source.positions(open.reached);
    }
    const all = await Promise.all(kept.map(open => open.positions!));
    return Object.assign({}, ...all) as Positions;
  }

  /** Bytes of all sources, and of them those that earlier runs have read; undefined where one has no known end. */
  inputBytes(): { total: number; earlier: number } | undefined {
    if (this.#sizeBytes === undefined) return undefined;
    return { total: this.#sizeBytes, earlier: this.#earlierBytes };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(({ source }) => source.close()));
  }
}
