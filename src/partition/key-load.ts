import { SpaceSaving } from '../base/space-saving.ts';
import { KEY_GROUPS } from '../kernel/key-group.ts';

/** How the events are spread over key groups just now, and which keys have most of them, by samples of some events. */

/** Keys that are counted: one with a share of more than one in so many is among them. */
const COUNTERS = 256;
/** What is left of what was counted before, each time that the loads are looked at: recent events count more. */
const DECAY = 0.5;

export interface HotKey {
  readonly key: string;
  /** Of all events with a key, about. */
  readonly share: number;
}

export class KeyLoad {
  /** For each group the events that were sampled, the longer ago the less. */
  readonly groups = new Float64Array(KEY_GROUPS);
  readonly #heavy = new SpaceSaving(COUNTERS);

  /** Counts the keys of some events, each with its group. */
  add(keys: readonly string[], groups: readonly number[]): void {
    for (const key of keys) this.#heavy.add(key);
    for (const group of groups) this.groups[group]!++;
  }

  /** Lets what was counted so far count less. */
  age(): void {
    for (let group = 0; group < KEY_GROUPS; group++) this.groups[group]! *= DECAY;
  }

  /** The keys with at least `shareMin` of the events, the heaviest first, at the most `most`. */
  hotKeys(shareMin: number, most: number): HotKey[] {
    const { total } = this.#heavy;
    return this.#heavy
      .top(most)
      .filter(({ count, error }) => count - error >= shareMin * total)
      .map(({ value, count }) => ({ key: value, share: count / total }));
  }
}
