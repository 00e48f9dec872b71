import type { Place, Sender } from './inbox.ts';
import { LineBuffer } from './line-buffer.ts';

/** The lines of one HTTP request, as a sender to the inbox. */
export class RequestSender implements Sender {
  readonly inOneGo = true;
  readonly producer: string | undefined;
  /** Resolves when all of them are committed. */
  readonly done: Promise<void>;
  /** Where the first of them stands in the inbox. */
  at: Place | undefined;
  readonly #lines: LineBuffer;
  #underWay = 0;
  #resolve!: () => void;

  constructor(body: Buffer, lineBytesMax: number, producer: string | undefined) {
    this.producer = producer;
    this.#lines = new LineBuffer(lineBytesMax);
    this.#lines.add(body);
    this.#lines.end();
    this.done = new Promise(resolve => {
      this.#resolve = resolve;
    });
  }

  readonly hasLines = (): boolean => this.#lines.wholeBytes > 0;

  readonly take = (into: Uint8Array, toLineEnd: boolean): number => this.#lines.take(into, toLineEnd);

  readonly taken = (lines: number, at: Place): void => {
    this.at ??= at;
    this.#underWay += lines;
  };

  readonly committed = (lines: number): void => {
    this.#underWay -= lines;
    if (this.#underWay === 0 && !this.hasLines()) this.#resolve();
  };

  /** Leaves out the first lines. */
  skip(lines: number): number {
    return this.#lines.skip(lines);
  }
}
