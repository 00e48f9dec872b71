import { MillraceError } from '../base/errors.ts';
import { UNWRITTEN_BYTES_MAX } from '../base/limits.ts';
import type { ToCaller } from '../pipeline/run-options.ts';
import type { Sink } from './sink.ts';

/** A sink as the output of a run: what the handler makes of the events goes there as soon as it is ready. */
export class SinkOutput implements ToCaller {
  readonly kind = 'caller';
  readonly #sink: Sink;
  readonly #onLetter: (letter: string) => void;
  readonly #onClosed: () => void;
  #unwrittenBytes = 0;
  #written: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** `onClosed` is called when nobody takes any more. */
  constructor(sink: Sink, onLetter: (letter: string) => void, onClosed: () => void) {
    this.#sink = sink;
    this.#onLetter = onLetter;
    this.#onClosed = onClosed;
  }

  readonly onTopics = (topics: readonly string[]): void => {
    if (topics.length === 0) return;
    throw new MillraceError(
      'MILLRACE_USAGE',
      `the handler emits to topics (${topics.join(', ')}), and there are none here`,
      { hint: 'name a topic with --to' },
    );
  };

  readonly onEvents = (bytes: Uint8Array): void => {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#unwrittenBytes += bytes.length;
    this.#written = this.#written.then(() => this.#write(bytes));
  };

  readonly onDead = (letter: string): void => this.#onLetter(letter);

  readonly ready = (): Promise<void> | undefined =>
    this.#unwrittenBytes > UNWRITTEN_BYTES_MAX ? this.#written : undefined;

  /** Resolves when all has arrived; rejects with the first failure. */
  async end(): Promise<void> {
    await this.#written;
    if (this.#failure !== undefined) throw this.#failure.error;
    await this.#sink.end();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#unwrittenBytes -= bytes.length;
    if (this.#failure !== undefined || this.#sink.closed) return;
    try {
      await this.#sink.write(bytes);
      if (this.#sink.closed) this.#onClosed();
    } catch (error) {
      this.#failure = { error };
      this.#onClosed();
    }
  }
}
