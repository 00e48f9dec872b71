import { AT_START, type Source, type SourceSpec } from '../source/contract.ts';

/**
 * Sources read one after the other, and all of them again and again, so that a run lasts as long as it is to be measured.
 * Each is opened and read anew, as a run would.
 */

const NEWLINE = 0x0a;

/** `spent` is told the time that reading takes, while the clock is on. */
export function loopedSource(
  specs: readonly SourceSpec[],
  clock: { readonly isOn: boolean },
  spent: (ms: number) => void,
): SourceSpec {
  return {
    name: specs[0]!.name,
    id: undefined,
    live: false,
    check: async () => {
      for (const spec of specs) await spec.check();
      return undefined;
    },
    open: async () => new LoopedSource(specs, clock, spent),
  };
}

class LoopedSource implements Source {
  readonly start = AT_START;
  readonly #specs: readonly SourceSpec[];
  readonly #clock: { readonly isOn: boolean };
  readonly #spent: (ms: number) => void;
  #next = 0;
  #open: Source | undefined;
  /** Sources in a row that had nothing, and whether the one that is open has given something. */
  #empty = 0;
  #gives = false;
  #endsLine = true;

  constructor(specs: readonly SourceSpec[], clock: { readonly isOn: boolean }, spent: (ms: number) => void) {
    this.#specs = specs;
    this.#clock = clock;
    this.#spent = spent;
  }

  readable(): Promise<void> | undefined {
    return this.#open?.readable();
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (!this.#clock.isOn) return this.#read(into);
    const beganMs = performance.now();
    const given = await this.#read(into);
    this.#spent(performance.now() - beganMs);
    return given;
  }

  async #read(into: Uint8Array): Promise<number | 'end'> {
    while (this.#empty < this.#specs.length) {
      this.#open ??= await this.#specs[this.#next]!.open({});
      const given = await this.#open.read(into);
      if (given !== 'end') {
        if (given === 0) return 0;
        this.#gives = true;
        this.#endsLine = into[given - 1] === NEWLINE;
        return given;
      }
      await this.#open.close();
      this.#open = undefined;
      this.#next = (this.#next + 1) % this.#specs.length;
      this.#empty = this.#gives ? 0 : this.#empty + 1;
      this.#gives = false;
      if (!this.#endsLine) return this.#endLine(into);
    }
    return 'end';
  }

  /** The last line of a source may lack what ends it. */
  #endLine(into: Uint8Array): number {
    into[0] = NEWLINE;
    this.#endsLine = true;
    return 1;
  }

  positions(): Promise<never> {
    throw new Error('what is read again and again has no positions');
  }

  async close(): Promise<void> {
    await this.#open?.close();
  }
}
