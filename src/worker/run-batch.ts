import type { DeadReason } from '../base/dead-letter.ts';
import type { KeyedState } from '../base/keyed-state.ts';
import type { Handler } from '../index.ts';
import type { LaneKernel } from '../kernel/load.ts';
import type { PathScanner } from '../kernel/scan.ts';
import { EachChange, LastChanges } from './batch-state.ts';
import type { Changes } from './changes.ts';
import { Counts } from './counts.ts';
import { type DeadError, failedMembers } from './dead-letter.ts';
import { DecodedLines } from './decoded-lines.ts';
import { describeThrown } from './describe-thrown.ts';
import { EmittedLines } from './emitted.ts';
import { EditWriter } from './edit-writer.ts';
import { type BatchContext, EventContext, type WithResult } from './event-context.ts';
import { LineNumbers } from './line-numbers.ts';
import type { LoadCache } from './load-cache.ts';
import type { EventWatch } from './event-watch.ts';
import type { Plan } from './plan.ts';
import { type BatchResult, type BatchTask, type DeadLine, Progress } from './protocol.ts';
import { ResultWriter } from './result-writer.ts';
import type { SlotView } from './slot-view.ts';
import { BadResult } from './to-json.ts';
import type { WayChoice } from './way-choice.ts';
import { isPending, settledResult } from './settled-result.ts';
import { TimedOut, withinTime } from './within-time.ts';

/**
 * Runs the handler over the lines of one batch, one after the other: decode, handle, encode.
 *
 * Nothing is awaited unless the handler returns a promise, and then the next event waits for it. Whatever goes wrong
 * with an event stays with this event: it becomes a dead line, and the next one is handled.
 */

export interface BatchEnvironment {
  /** Undefined where lines are only looked at with `--where` and `--select`. */
  readonly handler: Handler | undefined;
  /** Of the handler, for its dead letters. */
  readonly version: string | undefined;
  /** Whether the handler makes use of its second argument. */
  readonly takesContext: boolean;
  readonly plan: Plan;
  readonly changes: Changes;
  readonly kernel: LaneKernel;
  readonly ways: WayChoice;
  readonly slots: readonly SlotView[];
  /** Finds the key when a context is asked for it. */
  readonly scanner: PathScanner | undefined;
  readonly progress: Int32Array;
  readonly lineBytesMax: number;
  readonly timeoutMs: number;
  readonly stopAtDead: boolean;
  /** Topics that the handler may emit to. */
  readonly topics: readonly string[];
  /** The state of all keys of this lane. */
  readonly state: KeyedState;
  /** What the thread keeps of what was loaded, where the handler has asked for that. */
  readonly cache: LoadCache | undefined;
  /** Names that were counted in this thread. */
  readonly countNames: Set<string>;
  /** Where a handler is measured. */
  watch?: EventWatch | undefined;
}

export async function runBatch(env: BatchEnvironment, task: BatchTask): Promise<BatchResult> {
  const run = new BatchRun(env, task);
  await run.all();
  return run.result();
}

/** What a handler gets that makes no use of its context. */
const NO_CONTEXT = undefined as unknown as EventContext;

class BatchRun {
  readonly #env: BatchEnvironment;
  readonly #slot: SlotView;
  readonly #lines: DecodedLines;
  readonly #output: EditWriter;
  readonly #results: ResultWriter;
  readonly #context: BatchContext;
  readonly #withResult: WithResult;
  readonly #dead: DeadLine[] = [];
  readonly #startedMs = performance.now();
  #stopped = false;

  constructor(env: BatchEnvironment, task: BatchTask) {
    this.#env = env;
    const slot = env.slots[task.slot]!;
    this.#slot = slot;
    env.progress[Progress.task] = task.number;
    this.#lines = new DecodedLines(slot, task.lines, { ...env, inPart: env.ways.inPart });
    this.#output = new EditWriter(slot);
    this.#results = new ResultWriter(env, slot, this.#output);
    this.#withResult = {
      emitted: new EmittedLines(),
      state: env.stopAtDead ? new EachChange(env.state) : new LastChanges(env.state),
      counts: new Counts(env.countNames),
      progress: env.progress,
    };
    const { source: sourceName, base, attempt } = task;
    this.#context = {
      slot: slot.bytes,
      sourceName,
      base,
      attempt,
      scanner: env.scanner,
      lines: this.#lines,
      live: true,
      topics: env.topics,
      numbers: new LineNumbers(),
      state: env.state,
      cache: env.cache,
      countNames: env.countNames,
    };
  }

  async all(): Promise<void> {
    for (let pending = this.#until(); pending !== undefined; pending = this.#until()) await pending;
    this.#env.progress[Progress.busy] = 0;
    this.#context.live = false;
    this.#output.flush();
  }

  result(): BatchResult {
    const busyMs = performance.now() - this.#startedMs;
    const { inPart, whole, line, to } = this.#lines;
    this.#env.ways.batchDone(inPart + whole, busyMs);
    const linesTo = this.#stopped ? line + 1 : to;
    const { overflow } = this.#output;
    const emitted = this.#withResult.emitted.result();
    const state = this.#withResult.state.result();
    const tallies = talliesOf(this.#withResult.counts, this.#env.cache);
    return {
      linesTo,
      dead: this.#dead,
      overflow,
      emitted,
      state,
      ways: { inPart, whole },
      busyMs,
      ...tallies,
    };
  }

  /** Goes on until the batch is done, or the handler returns a promise; the result is what to wait for then. */
  #until(): Promise<void> | undefined {
    const { handler, progress, takesContext, scanner, watch } = this.#env;
    const { starts } = this.#slot.table;
    const lines = this.#lines;
    while (!this.#stopped && lines.next()) {
      const { line, event, treatment } = lines;
      progress[Progress.line] = line;
      progress[Progress.count]!++;
      progress[Progress.busy] = 1;
      if (typeof treatment === 'object') {
        this.#addDead(treatment.members);
        continue;
      }
      try {
        if (treatment === 'drop') {
          this.#output.drop(line);
        } else if (treatment === 'pass' || handler === undefined) {
          this.#take(true, NO_CONTEXT);
        } else {
          const context = takesContext ? new EventContext(this.#context, starts[line]!) : NO_CONTEXT;
          watch?.handling(line);
          const value: unknown = handler(event, context);
          if (isPending(value, event)) {
            const result = settledResult(value, event);
            if (!takesContext) return this.#settle(result, new EventContext(this.#context, starts[line]!));
            if (scanner !== undefined) context.rememberKey();
            return this.#settle(result, context);
          }
          watch?.handled(line);
          this.#take(value, context);
        }
      } catch (error) {
        watch?.handled(line);
        this.#fail(error);
      }
      watch?.encoded(line);
    }
    return undefined;
  }

  async #settle(promise: PromiseLike<unknown>, context: EventContext): Promise<void> {
    try {
      const value = await withinTime(promise, this.#env.timeoutMs, error => context.timeOut(error));
      this.#env.watch?.handled(this.#lines.line);
      this.#take(value, context);
    } catch (error) {
      this.#env.watch?.handled(this.#lines.line);
      this.#fail(error);
    }
    this.#env.watch?.encoded(this.#lines.line);
  }

  /** Adds what the handler returned to the output. */
  #take(value: unknown, context: EventContext): void {
    this.#results.take(value, this.#lines);
    if (context !== NO_CONTEXT) context.end(this.#lines.line, this.#withResult);
  }

  #fail(error: unknown): void {
    this.#output.abandon();
    if (error instanceof BadResult) this.#die('bad-result', { message: error.message });
    else if (error instanceof TimedOut) this.#die('timed-out', { message: error.message });
    else this.#die('handler-threw', describeThrown(error));
  }

  #die(reason: DeadReason, error: DeadError): void {
    const { starts, ends } = this.#slot.table;
    const { line } = this.#lines;
    const bytes = this.#slot.bytes.subarray(starts[line], ends[line]);
    this.#addDead(failedMembers(reason, error, bytes, this.#env.version));
  }

  #addDead(members: string): void {
    const { line } = this.#lines;
    this.#dead.push({ line, start: this.#slot.table.starts[line]!, members });
    this.#output.dead(line);
    this.#stopped = this.#env.stopAtDead;
  }
}

/** What was counted, and what the cache was good for, since the last result. */
export function talliesOf(
  counts: Counts,
  cache: LoadCache | undefined,
): Pick<BatchResult, 'counts' | 'cache'> {
  const counted = counts.result();
  const figures = cache?.take();
  return { ...(counted && { counts: counted }), ...(figures && { cache: figures }) };
}
