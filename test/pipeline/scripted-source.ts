import {
  AT_START,
  type Positions,
  type Reached,
  type Source,
  type SourceSpec,
} from '../../src/source/contract.ts';

/** A source that gives what a test tells it to, when it tells it to. */
export class ScriptedSource implements Source {
  readonly start: Reached = AT_START;
  readonly name: string;
  /** What happened to it, in order. */
  readonly trace: string[] = [];
  #pieces: Buffer[] = [];
  #ended = false;
  #waiting: Promise<void> | undefined;
  #keep: (() => void) | undefined;

  constructor(name: string, ...texts: readonly string[]) {
    this.name = name;
    this.give(...texts);
  }

  give(...texts: readonly string[]): this {
    this.#pieces.push(...texts.map(text => Buffer.from(text)));
    this.#keep?.();
    return this;
  }

  end(): this {
    this.#ended = true;
    this.#keep?.();
    return this;
  }

  readable(): Promise<void> | undefined {
    if (this.#pieces.length > 0 || this.#ended) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      this.#keep = () => {
        this.#waiting = undefined;
        this.#keep = undefined;
        resolve();
      };
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    const piece = this.#pieces.shift();
    if (piece === undefined) return this.#ended ? 'end' : 0;
    const length = Math.min(piece.length, into.length);
    into.set(piece.subarray(0, length));
    if (length < piece.length) this.#pieces.unshift(piece.subarray(length));
    return length;
  }

  async positions({ offset }: Reached): Promise<Positions> {
    this.trace.push(`positions ${offset}`);
    return { [this.name]: offset };
  }

  async close(): Promise<void> {
    this.trace.push('closed');
  }
}

/** Gives all that it has when it is asked to quit. */
export class QuittingSource extends ScriptedSource {
  quit(): void {
    this.trace.push('quit');
    this.end();
  }
}

/** Always has more of the same, until it is asked to quit. */
export class EndlessSource extends ScriptedSource {
  readonly #fill: string;
  #isOver = false;

  constructor(name: string, fill: string) {
    super(name);
    this.#fill = fill;
  }

  override readable(): undefined {
    return undefined;
  }

  override async read(into: Uint8Array): Promise<number | 'end'> {
    // As with real input, the rest of the program has its turn meanwhile.
    await new Promise(setImmediate);
    if (this.#isOver) return 'end';
    Buffer.from(into.buffer, into.byteOffset, into.length).fill(this.#fill);
    return into.length;
  }

  quit(): void {
    this.trace.push('quit');
    this.#isOver = true;
  }
}

export function specOf(
  source: ScriptedSource,
  live: boolean,
  id: string | undefined = source.name,
): SourceSpec {
  return {
    name: source.name,
    id,
    live,
    check: async () => undefined,
    open: async () => {
      source.trace.push('opened');
      return source;
    },
  };
}
