import { send, type SendOptions } from './send.ts';

/** Gives lines to a millrace with `--ack`, which is given each of them once, however often the connection breaks. */
export class NumberedLines {
  readonly #sent: Promise<void>;
  #given: Buffer | undefined;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  /** Wakes up whoever writes, and whoever sends. */
  #taken: () => void = () => undefined;
  #changed: () => void = () => undefined;

  constructor(options: SendOptions) {
    this.#sent = send(this.#pieces(), options).then(
      () => undefined,
      (error: unknown) => {
        this.#failure = { error };
        this.#taken();
      },
    );
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure === undefined) {
      // It is kept until it is committed.
      this.#given = Buffer.from(bytes);
      // Not a race with what is sent: a promise that lives as long would keep something of every write.
      const taken = new Promise<void>(resolve => {
        this.#taken = resolve;
      });
      this.#changed();
      await taken;
    }
    this.#check();
  }

  async end(): Promise<void> {
    this.abort();
    await this.#sent;
    this.#check();
  }

  abort(): void {
    this.#isEnded = true;
    this.#changed();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
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
