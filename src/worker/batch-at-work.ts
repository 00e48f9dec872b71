import type { DeadReason } from '../base/dead-letter.ts';
import { type BatchResult, type BatchTask, type DeadLine, Progress } from './protocol.ts';
import { EachChange, OwnChanges } from './batch-state.ts';
import { Counts } from './counts.ts';
import { type DeadError, failedMembers } from './dead-letter.ts';
import { DecodedLines } from './decoded-lines.ts';
import { describeThrown } from './describe-thrown.ts';
import { EmittedLines } from './emitted.ts';
import { EditWriter } from './edit-writer.ts';
import type { BatchContext, EventContext, WithResult } from './event-context.ts';
import { LineNumbers } from './line-numbers.ts';
import { type LineAtHand, ResultWriter } from './result-writer.ts';
import { type BatchEnvironment, talliesOf } from './run-batch.ts';
import type { SlotView } from './slot-view.ts';
import { BadResult } from './to-json.ts';
import { TimedOut } from './within-time.ts';

/** A batch whose events are being handled. */
export class BatchAtWork {
  readonly task: BatchTask;
  readonly slot: SlotView;
  readonly lines: DecodedLines;
  readonly output: EditWriter;
  readonly results: ResultWriter;
  readonly context: BatchContext;
  readonly withResult: WithResult;
  readonly #dead: DeadLine[] = [];
  readonly done: Promise<void>;
  readonly #env: BatchEnvironment;
  #finish!: () => void;
  /** Events that were begun or wait, and whether there are no others. */
  left = 0;
  isExhausted = false;
  /** Of those the ones that the handler was not called with. */
  #waiting = 0;
  busyMs = 0;

  constructor(env: BatchEnvironment, task: BatchTask) {
    this.#env = env;
    this.task = task;
    this.slot = env.slots[task.slot]!;
    // What is made in part could not be put together again when the records are gone.
    this.lines = new DecodedLines(this.slot, task.lines, { ...env, inPart: false });
    this.output = new EditWriter(this.slot);
    this.results = new ResultWriter(env, this.slot, this.output);
    this.withResult = {
      emitted: new EmittedLines(),
      state: env.stopAtDead ? new EachChange(env.state) : new OwnChanges(env.state),
      counts: new Counts(env.countNames),
      progress: env.progress,
    };
    const { source: sourceName, base, attempt } = task;
    this.context = {
      slot: this.slot.bytes,
      sourceName,
      base,
      attempt,
      scanner: env.scanner,
      lines: this.lines,
      live: true,
      topics: env.topics,
      numbers: new LineNumbers(),
      state: env.state,
      cache: env.cache,
      countNames: env.countNames,
    };
    this.done = new Promise(resolve => {
      this.#finish = resolve;
    });
  }

  /** A line as a result is written for it; its record is gone by then. */
  at(line: number, event: unknown): LineAtHand {
    return { line, record: -1, view: this.lines.view, text: this.textOf(line), event, isPart: false };
  }

  /** Writes what the handler returned, and what it emitted. */
  take(value: unknown, line: number, event: unknown, context: EventContext): void {
    this.results.take(value, this.at(line, event));
    context.end(line, this.withResult);
  }

  /** The event of the line has failed for good; `attempts` is how often the handler was called with it. */
  fail(line: number, error: unknown, attempts: number): void {
    this.output.abandon();
    const tried = attempts > 1 ? { attempts } : {};
    if (error instanceof BadResult) this.#die(line, 'bad-result', { message: error.message });
    else if (error instanceof TimedOut) this.#die(line, 'timed-out', { message: error.message, ...tried });
    else this.#die(line, 'handler-threw', { ...describeThrown(error), ...tried });
  }

  addDead(line: number, members: string): void {
    this.#dead.push({ line, start: this.slot.table.starts[line]!, members });
    this.output.dead(line);
  }

  /** Another of its events is to be handled. */
  add(): void {
    this.left++;
    this.#waiting++;
  }

  /** The handler is called with one of its events. */
  begin(): void {
    this.#waiting--;
    this.#tellIfBegun();
  }

  /** There are no others. */
  exhaust(): void {
    this.isExhausted = true;
    this.#tellIfBegun();
    this.finishIfDone();
  }

  /** Once: after that no event is begun. */
  #tellIfBegun(): void {
    if (this.isExhausted && this.#waiting === 0) this.#env.progress[Progress.begun]!++;
  }

  /** Resolves `done` where no event is left. */
  finishIfDone(): void {
    if (!this.isExhausted || this.left > 0) return;
    this.output.flush();
    this.context.live = false;
    this.#finish();
  }

  /** What became of the batch, when it is done. */
  result(): BatchResult {
    const { inPart, whole, to } = this.lines;
    const { emitted, state, counts } = this.withResult;
    return {
      linesTo: to,
      // They were found out in any order.
      dead: this.#dead.sort((a, b) => a.line - b.line),
      overflow: this.output.overflow,
      emitted: emitted.result(),
      state: state.result(),
      ways: { inPart, whole },
      busyMs: this.busyMs,
      ...talliesOf(counts, this.#env.cache),
    };
  }

  #die(line: number, reason: DeadReason, error: DeadError): void {
    const { starts, ends } = this.slot.table;
    const bytes = this.slot.bytes.subarray(starts[line], ends[line]);
    this.addDead(line, failedMembers(reason, error, bytes, this.#env.version));
  }

  textOf(line: number): string {
    const { starts, ends } = this.slot.table;
    return this.slot.bytes.toString('utf8', starts[line], ends[line]);
  }
}
