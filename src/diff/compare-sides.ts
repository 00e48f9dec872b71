import { MillraceError } from '../base/errors.ts';
import { comparedEnds } from './compare-ends.ts';
import { compareLine, type LineDifference } from './compare-line.ts';
import { Cursor } from './cursor.ts';
import type { LineOutcome } from './line-outcome.ts';
import type { Side } from './side.ts';

/**
 * Compares what became of each event on two sides. Both read the same lines in the same order, so the streams are held together
 * by the place of a line, and a few chunks of each are in memory. What they give at the end of the input comes behind that, and
 * is compared key by key.
 */

export interface Sides {
  /** Undefined where the stored events are the old ones. */
  readonly old: Side | undefined;
  readonly new: Side;
  /** What `--where` and `--select` make of the stored events; undefined where all are part of the comparison, as they are. */
  readonly stored: Side | undefined;
}

export interface DiffHooks {
  /** Aborted when it is to end with what has been compared. */
  readonly interrupted: AbortSignal;
  /** Told of each event that differs, and then of each key. */
  readonly onDifference: (difference: Difference) => Promise<void> | void;
}

interface Outcomes extends LineDifference {
  readonly old: LineOutcome;
  readonly new: LineOutcome;
}

/** An event of which the two sides have made something different. */
export interface EventDifference extends Outcomes {
  readonly source: string;
  /** From 1. */
  readonly line: number;
  readonly event: string;
}

/** A key for which they gave something different at the end of the input. */
export interface EndDifference extends Outcomes {
  readonly end: string;
}

export type Difference = EventDifference | EndDifference;

export interface Counts {
  /** All that was compared, the ends of keys as well. */
  events: number;
  /** Of these the ends of keys. */
  ends: number;
  same: number;
  changed: number;
  onlyOld: number;
  onlyNew: number;
  deadOld: number;
  deadNew: number;
}

/** Goes through the sides until they end, or it is interrupted. `exactly`: see compareLine. */
export async function compareSides(sides: Sides, exactly: boolean, hooks: DiffHooks): Promise<Counts> {
  const comparison = new Comparison(exactly, hooks);
  await comparison.lines(sides);
  if (!hooks.interrupted.aborted) await comparison.ends(sides);
  return comparison.counts;
}

class Comparison {
  readonly counts: Counts = {
    events: 0,
    ends: 0,
    same: 0,
    changed: 0,
    onlyOld: 0,
    onlyNew: 0,
    deadOld: 0,
    deadNew: 0,
  };
  readonly #exactly: boolean;
  readonly #hooks: DiffHooks;

  constructor(exactly: boolean, hooks: DiffHooks) {
    this.#exactly = exactly;
    this.#hooks = hooks;
  }

  async lines(sides: Sides): Promise<void> {
    const after = new Cursor(sides.new);
    const before = sides.old && new Cursor(sides.old);
    const stored = sides.stored && new Cursor(sides.stored);
    const others = [before, stored].filter(cursor => cursor !== undefined);
    const all = [after, ...others];
    for (;;) {
      // Nothing is awaited for each line, but at the end of a chunk.
      for (const cursor of all) {
        const moving = cursor.next();
        if (moving !== undefined) await moving;
      }
      if (this.#hooks.interrupted.aborted) return;
      for (const other of others) checkPlace(after, other);
      if (after.isEnd) return;
      // What --where leaves out is no part of it.
      if (after.fate === 'blank' || stored?.fate === 'dropped') continue;
      const telling = this.#line(after, before, stored);
      if (telling !== undefined) await telling;
    }
  }

  async ends(sides: Sides): Promise<void> {
    for await (const { key, found, ...outcomes } of comparedEnds(sides.old, sides.new, this.#exactly)) {
      if (this.#hooks.interrupted.aborted) return;
      this.counts.ends++;
      this.#count(found);
      if (found !== undefined) await this.#hooks.onDifference({ ...found, end: key, ...outcomes });
    }
  }

  /** What it gives is to be awaited: somebody is told of the difference. */
  #line(after: Cursor, before: Cursor | undefined, stored: Cursor | undefined): Promise<void> | void {
    if (before?.isPlainlySame(after) === true) return this.#count(undefined);
    const outcomes = { old: before?.outcome ?? storedOutcome(after, stored), new: after.outcome };
    const found = compareLine(outcomes.old, outcomes.new, this.#exactly);
    this.#count(found);
    if (found === undefined) return;
    const [source, line] = [after.source!, after.linesBefore + 1];
    return this.#hooks.onDifference({ ...found, source, line, event: after.text, ...outcomes });
  }

  #count(found: LineDifference | undefined): void {
    this.counts.events++;
    if (found === undefined) this.counts.same++;
    else this.counts[COUNTED[found.kind]]++;
  }
}

/** The stored event, or the fields of it that are wanted. A line that is no event is stored as it is. */
function storedOutcome(after: Cursor, stored: Cursor | undefined): LineOutcome {
  return stored === undefined || stored.fate === 'dead' ? after.asStored : stored.outcome;
}

/** Both sides must be at the same line, or else the input was another one the second time. */
function checkPlace(cursor: Cursor, other: Cursor): void {
  if (cursor.isAtSameLine(other)) return;
  const source = cursor.source ?? other.source;
  throw new MillraceError('MILLRACE_SOURCE_CHANGED', `"${source}" has changed while it was compared`, {
    hint: 'compare over an input that is complete, or run it into a topic first',
  });
}

const COUNTED = {
  changed: 'changed',
  'only-old': 'onlyOld',
  'only-new': 'onlyNew',
  'dead-old': 'deadOld',
  'dead-new': 'deadNew',
} as const;
