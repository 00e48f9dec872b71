import type { LineFate } from '../pipeline/lines-view.ts';
import { lineOf, type LineOutcome, outcomeOf, storedOutcome } from './line-outcome.ts';
import type { ChunkFates, Side } from './side.ts';

/** One side as it is gone through line by line. */
export class Cursor {
  readonly #side: Side;
  /** The chunk of the line at hand; undefined before the first and behind the last one. */
  #chunk: ChunkFates | undefined;
  #line = 0;

  constructor(side: Side) {
    this.#side = side;
  }

  /**
   * Moves to the next line, or behind the last one. What it gives is to be awaited, where the line is in another chunk; it rejects
   * with the failure of the run.
   */
  next(): Promise<void> | undefined {
    this.#line++;
    if (this.#chunk !== undefined && this.#line < this.#chunk.fates.length) return undefined;
    return this.#nextChunk();
  }

  async #nextChunk(): Promise<void> {
    this.#line = 0;
    do this.#chunk = await this.#side.take();
    while (this.#chunk?.fates.length === 0);
  }

  get isEnd(): boolean {
    return this.#chunk === undefined;
  }

  /** Undefined at the end. */
  get source(): string | undefined {
    return this.#chunk?.source;
  }

  /** Lines of the source before the one at hand. */
  get linesBefore(): number {
    return this.#chunk === undefined ? 0 : this.#chunk.linesBefore + this.#line;
  }

  isAtSameLine(other: Cursor): boolean {
    return this.source === other.source && this.linesBefore === other.linesBefore;
  }

  get fate(): LineFate {
    return this.#chunk!.fates[this.#line]!;
  }

  /** The line itself, without its newline. */
  get text(): string {
    return lineOf(this.#chunk!, this.#line)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }

  get outcome(): LineOutcome {
    return outcomeOf(this.#chunk!, this.#line);
  }

  /** The line as it stands, which is what a topic has stored. */
  get asStored(): LineOutcome {
    return storedOutcome(this.#chunk!, this.#line);
  }

  /** Whether it is clear without a look at bytes that the same has become of the line on another side. */
  isPlainlySame(other: Cursor): boolean {
    const { fate } = this;
    if (fate !== other.fate || (fate !== 'dropped' && fate !== 'passed')) return false;
    return !this.#hasEmitted && !other.#hasEmitted;
  }

  get #hasEmitted(): boolean {
    return this.#chunk!.emitted.has(this.#line);
  }
}
