import type { Handler } from '../index.ts';
import type { LaneKernel } from '../kernel/load.ts';
import { RecordWord, Spelling } from '../kernel/records.ts';
import type { PathScanner } from '../kernel/scan.ts';
import type { Changes } from './changes.ts';
import { type DeadError, deadMembers, type DeadReason } from './dead-letter.ts';
import { DecodedLines } from './decoded-lines.ts';
import { describeThrown } from './describe-thrown.ts';
import { EditWriter } from './edit-writer.ts';
import { type BatchContext, EventContext } from './event-context.ts';
import type { Plan } from './plan.ts';
import { type BatchResult, type BatchTask, type DeadLine, Progress } from './protocol.ts';
import { selectEdits } from './select-edits.ts';
import { selectText } from './select-text.ts';
import type { SlotView } from './slot-view.ts';
import { BadResult, patchedJson, toJson } from './to-json.ts';
import type { WayChoice } from './way-choice.ts';
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
}

type Members = Record<string, unknown>;

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
  readonly #context: BatchContext;
  readonly #dead: DeadLine[] = [];
  readonly #startedMs = performance.now();
  #stopped = false;
  /** The event of the line at hand, as the handler got it. */
  #event: unknown;

  constructor(env: BatchEnvironment, task: BatchTask) {
    this.#env = env;
    const slot = env.slots[task.slot]!;
    this.#slot = slot;
    env.progress[Progress.task] = task.number;
    this.#lines = new DecodedLines(slot, task.lines, { ...env, inPart: env.ways.inPart });
    this.#output = new EditWriter(slot);
    const { source: sourceName, base, attempt } = task;
    this.#context = { slot: slot.bytes, sourceName, base, attempt, scanner: env.scanner, live: true };
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
    return { linesTo, dead: this.#dead, overflow: this.#output.overflow, ways: { inPart, whole }, busyMs };
  }

  /** Goes on until the batch is done, or the handler returns a promise; the result is what to wait for then. */
  #until(): Promise<void> | undefined {
    const { handler, progress, takesContext, scanner } = this.#env;
    const { starts } = this.#slot.table;
    const lines = this.#lines;
    while (!this.#stopped && lines.next()) {
      const { line, event, treatment } = lines;
      this.#event = event;
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
          this.#take(true);
        } else {
          const context = takesContext ? new EventContext(this.#context, starts[line]!) : NO_CONTEXT;
          const value: unknown = handler(event, context);
          if (isThenable(value)) {
            if (!takesContext) return this.#settle(value, new EventContext(this.#context, starts[line]!));
            if (scanner !== undefined) context.rememberKey();
            return this.#settle(value, context);
          }
          this.#take(value);
        }
      } catch (error) {
        this.#fail(error);
      }
    }
    return undefined;
  }

  async #settle(promise: PromiseLike<unknown>, context: EventContext): Promise<void> {
    try {
      const value = await withinTime(promise, this.#env.timeoutMs, error => context.timeOut(error));
      this.#take(value);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Adds what the handler returned to the output. */
  #take(value: unknown): void {
    const { line } = this.#lines;
    if (value === true) {
      if (this.#env.plan.select === undefined) this.#output.pass(line);
      else this.#selectLine();
    } else if (value === undefined || value === null || value === false) {
      this.#output.drop(line);
    } else if (Array.isArray(value) && value !== this.#event) {
      this.#takeEach(value);
    } else {
      this.#takeOne(value);
    }
  }

  #takeOne(value: unknown): void {
    const { line, record, treatment, view } = this.#lines;
    if (this.#env.plan.select !== undefined) {
      this.#replace([this.#selected(this.#jsonOf(value))]);
    } else if (!this.#isEvent(value)) {
      this.#replace([toJson(value)]);
    } else if (treatment === 'part') {
      const { starts, ends } = this.#slot.table;
      const place = { line, record, start: starts[line]!, end: ends[line]! };
      this.#env.changes.write(value as Members, place, this.#slot.bytes, view, this.#output);
    } else {
      const json = this.#eventJson();
      if (json === this.#lines.text.trim()) this.#output.pass(line);
      else this.#replace([json]);
    }
  }

  #takeEach(values: readonly unknown[]): void {
    // All of them first: a line gives all of its events, or none.
    const { select } = this.#env.plan;
    const events = values
      .filter(value => value !== undefined && value !== null && value !== false)
      .map(value => {
        const json = value === true ? this.#lines.text : this.#jsonOf(value);
        return select === undefined ? json : this.#selected(json);
      });
    if (events.length === 0) this.#output.drop(this.#lines.line);
    else this.#replace(events);
  }

  /** Whether it is the event itself, or for one that is no object, the same value. */
  #isEvent(value: unknown): boolean {
    return value === this.#event;
  }

  /** The JSON of something that the handler returned. A part of an event is never among it (query/handler-reader.ts). */
  #jsonOf(value: unknown): string {
    if (!this.#isEvent(value)) return toJson(value);
    if (this.#lines.treatment !== 'part') return this.#eventJson();
    return this.#env.changes.json(value as Members, this.#lines);
  }

  /** The event of the line as the handler left it, whole, with its changes only. */
  #eventJson(): string {
    const { record, view, text } = this.#lines;
    if (record >= 0 && (view.records[record + RecordWord.spelling]! & Spelling.canonical) !== 0) {
      // It is spelt as JSON.stringify spells it, so patching would come to the same.
      return patchedJson(undefined, this.#event);
    }
    this.#env.ways.sawEvent();
    return patchedJson(text, this.#event);
  }

  #replace(events: readonly string[]): void {
    const { line } = this.#lines;
    const start = this.#slot.table.starts[line]!;
    for (const json of events) this.#output.edit(start, start, `${json}\n`);
    this.#output.endLine(line, events.length);
  }

  /** The fields of `--select` of the line as it stands. */
  #selectLine(): void {
    const { line, record, view, text } = this.#lines;
    if (record < 0) return this.#replace([this.#selected(text)]);
    selectEdits(this.#env.plan, view.records, record, this.#output);
    this.#output.endLine(line, 1);
  }

  /** The fields of `--select` of an event with this text, whose values keep their spelling. */
  #selected(json: string): string {
    return selectText(json, this.#env.plan.select!.tree);
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
    this.#addDead(deadMembers(reason, error, this.#slot.bytes.subarray(starts[line], ends[line])));
  }

  #addDead(members: string): void {
    const { line } = this.#lines;
    this.#dead.push({ line, start: this.#slot.table.starts[line]!, members });
    this.#output.dead(line);
    this.#stopped = this.#env.stopAtDead;
  }
}

/** Looked up in the object itself where its prototype has no `then`: that takes half the time, for objects of any shape. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.getPrototypeOf(value) === Object.prototype && !Object.hasOwn(value, 'then')) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
