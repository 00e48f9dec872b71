import type { Gate } from '../base/gate.ts';
import type { ChunkPool } from './chunk-pool.ts';

/** Ends reading early: because somebody asked, because nobody reads the output any more, or because something failed. */
export class Stop {
  requested = false;
  interrupted = false;
  /** Whether nobody reads the output any more, so that nothing is worth being finished. */
  outputClosed = false;
  /** The first failure. */
  failure: { readonly error: unknown } | undefined;
  readonly #gate: Gate;
  readonly #pool: ChunkPool;

  constructor(gate: Gate, pool: ChunkPool) {
    this.#gate = gate;
    this.#pool = pool;
  }

  /** Reads no more; what is in flight is finished. */
  readonly request = (): void => {
    this.requested = true;
    this.#gate.open();
  };

  readonly closeOutput = (): void => {
    this.outputClosed = true;
    this.request();
  };

  readonly interrupt = (): void => {
    this.interrupted = true;
    this.request();
  };

  /** Reads no more because `error` has happened; nothing in flight will be finished. */
  readonly fail = (error: unknown): void => {
    this.failure ??= { error };
    this.#pool.fail(error);
    this.request();
  };
}
