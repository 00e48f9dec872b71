import { KeyedState } from '../base/keyed-state.ts';
import { MiB } from '../base/limits.ts';

/**
 * The changes of the state of a lane's keys, kept so that a new thread can begin where the old one was. Now and then they
 * are put together, so that what is kept grows with the number of keys and not with that of the events.
 */

const KEPT_BYTES_MIN = 16 * MiB;
/** How many times longer than when they were last put together they may become. */
const GROWTH = 4;

export class StateChanges {
  #changes: Uint8Array[] = [];
  #bytes = 0;
  #bytesMax = KEPT_BYTES_MIN;

  add(changes: Uint8Array): void {
    this.#changes.push(changes);
    this.#bytes += changes.length;
    if (this.#bytes > this.#bytesMax) this.#putTogether();
  }

  all(): readonly Uint8Array[] {
    return this.#changes;
  }

  #putTogether(): void {
    const state = new KeyedState();
    for (const changes of this.#changes) state.add(changes);
    const bytes = state.toBytes();
    this.#changes = [bytes];
    this.#bytes = bytes.length;
    this.#bytesMax = Math.max(KEPT_BYTES_MIN, GROWTH * bytes.length);
  }
}
