import { MillraceError } from '../base/errors.ts';
import { run } from '../pipeline/run.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { compileHandler } from '../worker/compile.ts';
import { holdHandler } from '../worker/handler-revision.ts';
import { comparedEnds } from './compare-ends.ts';
import { compareLine, type LineDifference } from './compare-line.ts';
import { type LineOutcome, lineOf, outcomeOf, storedOutcome } from './line-outcome.ts';
import { type ChunkFates, Side } from './side.ts';

/**
 * Runs two handlers over the same events beside each other, and compares what became of each event. Both read the same lines in the
 * same order, so the two streams are held together by the place of a line, and a few chunks of each are in memory. What they give
 * at the end of the input comes behind that, and is compared key by key.
 */

export interface DiffOptions {
  /** A run for each side but for its output; the old one is left out where the stored events are the old ones. */
  readonly old: Omit<RunOptions, 'to'> | undefined;
  readonly new: Omit<RunOptions, 'to'>;
  readonly exactly: boolean;
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

/** One side as it is gone through. */
interface Cursor {
  readonly side: Side;
  chunk: ChunkFates | undefined;
  line: number;
}

/** Rejects with MILLRACE_HANDLER_… where one of them cannot be loaded. */
export async function diff(options: DiffOptions, hooks: DiffHooks): Promise<Counts> {
  const [older, newer] = [options.old?.handler, options.new.handler];
  const old = older === undefined ? undefined : await holdHandler(older, newer);
  try {
    const now = await holdHandler(newer!, older);
    try {
      const before = old === undefined ? undefined : { ...options.old!, handler: old.path };
      return await diffHandlers(
        { ...options, old: before, new: { ...options.new, handler: now.path } },
        hooks,
      );
    } finally {
      await now.release();
    }
  } finally {
    await old?.release();
  }
}

async function diffHandlers(options: DiffOptions, hooks: DiffHooks): Promise<Counts> {
  // One after the other, and not in both runs at the same time: these find them compiled.
  for (const side of [options.old, options.new]) {
    if (side?.handler !== undefined) await compileHandler(side.handler);
  }
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  hooks.interrupted.addEventListener('abort', onInterrupt);
  const now = startSide(options.new, stop.signal);
  const old = options.old === undefined ? undefined : startSide(options.old, stop.signal);
  try {
    return await compareSides(old?.side, now.side, options.exactly, hooks);
  } finally {
    stop.abort();
    now.side.close();
    old?.side.close();
    await Promise.all([now.ended, old?.ended]);
    hooks.interrupted.removeEventListener('abort', onInterrupt);
  }
}

function startSide(
  options: Omit<RunOptions, 'to'>,
  interrupted: AbortSignal,
): { readonly side: Side; readonly ended: Promise<void> } {
  const side = new Side(options.lineBytesMax);
  const ended = run({ ...options, to: side.output }, { interrupted }).then(
    () => side.end(),
    (error: unknown) => side.fail(error),
  );
  return { side, ended };
}

async function compareSides(
  old: Side | undefined,
  now: Side,
  exactly: boolean,
  hooks: DiffHooks,
): Promise<Counts> {
  const counts = { events: 0, ends: 0, same: 0, changed: 0, onlyOld: 0, onlyNew: 0, deadOld: 0, deadNew: 0 };
  await compareLines(counts, old, now, exactly, hooks);
  if (!hooks.interrupted.aborted) await compareEnds(counts, old, now, exactly, hooks);
  return counts;
}

async function compareEnds(
  counts: Counts,
  old: Side | undefined,
  now: Side,
  exactly: boolean,
  hooks: DiffHooks,
): Promise<void> {
  for await (const { key, found, ...outcomes } of comparedEnds(old, now, exactly)) {
    if (hooks.interrupted.aborted) return;
    counts.events++;
    counts.ends++;
    count(counts, found);
    if (found !== undefined) await hooks.onDifference({ ...found, end: key, ...outcomes });
  }
}

async function compareLines(
  counts: Counts,
  old: Side | undefined,
  now: Side,
  exactly: boolean,
  hooks: DiffHooks,
): Promise<void> {
  const after: Cursor = { side: now, chunk: undefined, line: 0 };
  const before: Cursor | undefined = old === undefined ? undefined : { side: old, chunk: undefined, line: 0 };
  for (;;) {
    const chunk = await advance(after);
    const other = before === undefined ? chunk : await advance(before);
    if (hooks.interrupted.aborted) return;
    checkPlace(chunk, after, other, before ?? after);
    if (chunk === undefined || other === undefined) return;
    const line = after.line++;
    const otherLine = before === undefined ? line : before.line++;
    if (chunk.fates[line] === 'blank') continue;
    counts.events++;
    if (before !== undefined && isPlainlySame(chunk, line, other, otherLine)) {
      counts.same++;
      continue;
    }
    const outcome = outcomeOf(chunk, line);
    const previous = before === undefined ? storedOutcome(chunk, line) : outcomeOf(other, otherLine);
    const found = compareLine(previous, outcome, exactly);
    count(counts, found);
    if (found === undefined) continue;
    await hooks.onDifference({
      ...found,
      source: chunk.source,
      line: chunk.linesBefore + line + 1,
      event: lineOf(chunk, line)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
      old: previous,
      new: outcome,
    });
  }
}

/** The chunk in which the cursor's next line is. */
async function advance(cursor: Cursor): Promise<ChunkFates | undefined> {
  while (cursor.chunk === undefined || cursor.line === cursor.chunk.fates.length) {
    cursor.chunk = await cursor.side.take();
    cursor.line = 0;
    if (cursor.chunk === undefined) return undefined;
  }
  return cursor.chunk;
}

/** Both sides must be at the same line, or else the input was another one the second time. */
function checkPlace(a: ChunkFates | undefined, at: Cursor, b: ChunkFates | undefined, other: Cursor): void {
  const isSame =
    a?.source === b?.source && (a?.linesBefore ?? 0) + at.line === (b?.linesBefore ?? 0) + other.line;
  if (isSame) return;
  const { source } = (a ?? b)!;
  throw new MillraceError('MILLRACE_SOURCE_CHANGED', `"${source}" has changed while it was compared`, {
    hint: 'compare over an input that is complete, or run it into a topic first',
  });
}

/** Whether it is clear without a look at bytes. */
function isPlainlySame(a: ChunkFates, line: number, b: ChunkFates, other: number): boolean {
  const fate = a.fates[line];
  if (fate !== b.fates[other] || (fate !== 'dropped' && fate !== 'passed')) return false;
  return !a.emitted.has(line) && !b.emitted.has(other);
}

const COUNTED = {
  changed: 'changed',
  'only-old': 'onlyOld',
  'only-new': 'onlyNew',
  'dead-old': 'deadOld',
  'dead-new': 'deadNew',
} as const;

function count(counts: Counts, found: LineDifference | undefined): void {
  if (found === undefined) counts.same++;
  else counts[COUNTED[found.kind]]++;
}
