import { send, type SendOptions } from './send.ts';

/** Gives lines to a millrace with `--ack`, which is given each of them once, however often the connection breaks. */
export class NumberedLines {
  readonly #sent: Promise<unknown>;
  readonly #options: SendOptions;
  #given: Buffer | undefined;
  #isEnded = false;
  #taken: () => void = () => undefined;
  #changed: () => void = () => undefined;

  constructor(options: SendOptions) {
    this.#options = options;
    this.#sent = send(this.#pieces(), this.#options);
    // Whoever writes next will see the failure.
    this.#sent.catch(() => undefined);
  }

  async write(bytes: Uint8Array): Promise<void> {
    // It is kept until it is committed.
    this.#given = Buffer.from(bytes);
    const taken = new Promise<void>(resolve => {
      this.#taken = resolve;
    });
    this.#changed();
    await Promise.race([taken, this.#sent]);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#changed();
    await this.#sent;
  }

  abort(): void {
    this.#isEnded = true;
    this.#changed();
  }

  async *#pieces(): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const piece = this.#given;
      if (piece !== undefined) {
        this.#given = undefined;
        this.#taken();
        yield piece;
      } else if (this.#isEnded) return;
      else {
        await new Promise<void>(resolve => {
          this.#changed = resolve;
        });
      }
    }
  }
}
