import { KeyedState } from '../base/keyed-state.ts';
import { MiB } from '../base/limits.ts';

/**
 * The changes of the state of a lane's keys, kept on the main thread so that a new thread can begin where the old one was.
 * Now and then they are put together, so that what is kept grows with the number of keys and not with that of the events.
 */

const KEPT_BYTES_MIN = 16 * MiB;
/** How many times longer than when they were last put together they may become. */
const GROWTH = 4;

export class StateChanges {
  /** In order, each with the number of the batch that made it. */
  #changes: { readonly batch: number; readonly bytes: Uint8Array }[] = [];
  #bytes = 0;
  #bytesMax = KEPT_BYTES_MIN;

  /** Adds the changes that the batch with this number has made. */
  add(bytes: Uint8Array, batch: number): void {
    this.#changes.push({ batch, bytes });
    this.#bytes += bytes.length;
  }

  all(): readonly Uint8Array[] {
    return this.#changes.map(({ bytes }) => bytes);
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Whether they should be put together. */
  get areLong(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  /**
   * `state` is what all changes up to those of the batch with this number have led to. Some of them may still come: they say
   * nothing that is not true again when the last of them has come.
   */
  replace(state: Uint8Array, batch: number): void {
    this.#changes = this.#changes.filter(change => change.batch > batch);
    this.#changes.unshift({ batch: 0, bytes: state });
    this.#bytes = this.#changes.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#bytesMax = Math.max(KEPT_BYTES_MIN, GROWTH * state.length);
  }

  /** The state that they lead to. */
  toState(): KeyedState {
    const state = new KeyedState();
    for (const { bytes } of this.#changes) state.add(bytes);
    return state;
  }
}
