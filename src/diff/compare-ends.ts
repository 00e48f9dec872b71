import { groupOfKey } from '../kernel/key-group.ts';
import { compareLine, type LineDifference } from './compare-line.ts';
import { endOutcomeOf, type LineOutcome, NO_OUTCOME } from './line-outcome.ts';
import type { KeyEnds, Side } from './side.ts';

/**
 * Holds against each other what two handlers give for each key at the end of the input. Both are called by key groups, and in
 * the order of the keys within each; but each has the keys that have a state on its own side, so the two are held together by
 * the key.
 */

/** What was made of one key. */
export interface ComparedEnd {
  readonly key: string;
  readonly old: LineOutcome;
  readonly new: LineOutcome;
  /** Undefined where nothing differs. */
  readonly found: LineDifference | undefined;
}

/** Every key of which one of them gives something. Without the old side there is nothing for any. */
export async function* comparedEnds(
  old: Side | undefined,
  now: Side,
  exactly: boolean,
): AsyncGenerator<ComparedEnd, void, void> {
  const [before, after] = [new EndCursor(old), new EndCursor(now)];
  for (;;) {
    await Promise.all([before.settle(), after.settle()]);
    const key = firstOf(before.key, after.key);
    if (key === undefined) return;
    const outcomes = { old: before.takeIf(key), new: after.takeIf(key) };
    yield { key, ...outcomes, found: compareLine(outcomes.old, outcomes.new, exactly) };
  }
}

/** One side as it is gone through key by key. */
class EndCursor {
  readonly #side: Side | undefined;
  #ends: KeyEnds | undefined;
  #at = 0;

  constructor(side: Side | undefined) {
    this.#side = side;
  }

  /** The key at hand, undefined behind the last one. */
  get key(): string | undefined {
    return this.#ends?.keys[this.#at];
  }

  /** Waits until the key at hand is known. */
  async settle(): Promise<void> {
    if (this.key !== undefined) return;
    this.#ends = await this.#side?.takeEnds();
    this.#at = 0;
  }

  /** What was given for this key, where it is at hand; moves on to the next one then. */
  takeIf(key: string): LineOutcome {
    return key === this.key ? endOutcomeOf(this.#ends!, this.#at++) : NO_OUTCOME;
  }
}

/** The one for which a handler is called first. */
function firstOf(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const [groupA, groupB] = [groupOfKey(a), groupOfKey(b)];
  if (groupA !== groupB) return groupA < groupB ? a : b;
  return a < b ? a : b;
}
