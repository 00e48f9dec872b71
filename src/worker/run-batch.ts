import { CHUNK_BYTES } from '../base/limits.ts';
import type { LineTable } from '../kernel/line-table.ts';
import type { PathScanner } from '../kernel/scan.ts';
import type { Handler } from '../index.ts';
import { type DeadError, deadMembers, type DeadReason } from './dead-letter.ts';
import { type BatchContext, EventContext } from './event-context.ts';
import { describeThrown } from './describe-thrown.ts';
import { linesOf } from './lines.ts';
import { Output } from './output.ts';
import { ParseAhead } from './parse-ahead.ts';
import { type BatchResult, type BatchTask, type DeadLine, Progress } from './protocol.ts';
import { BadResult, toJson } from './to-json.ts';
import { TimedOut, withinTime } from './within-time.ts';

/**
 * Runs the handler over the lines of one batch, one after the other: parse, handle, encode.
 *
 * Nothing is awaited unless the handler returns a promise, and then the next event waits for it. Whatever goes wrong
 * with an event stays with this event: it becomes a dead line, and the next one is handled.
 */

/** A slot as a worker thread sees it. */
export interface WorkerSlot {
  readonly bytes: Buffer;
  readonly table: LineTable;
}

export interface BatchEnvironment {
  readonly handler: Handler;
  readonly slots: readonly WorkerSlot[];
  readonly sourceNames: readonly string[];
  readonly scanner: PathScanner | undefined;
  readonly progress: Int32Array;
  readonly lineBytesMax: number;
  readonly timeoutMs: number;
  readonly stopAtDead: boolean;
}

/** Memory for the output, before it has to grow: what a chunk commonly gives. */
const OUTPUT_BYTES = CHUNK_BYTES + CHUNK_BYTES / 4;

export async function runBatch(env: BatchEnvironment, task: BatchTask): Promise<BatchResult> {
  const run = new BatchRun(env, task);
  await run.all();
  return run.result();
}

class BatchRun {
  readonly #env: BatchEnvironment;
  readonly #slot: Buffer;
  readonly #lines: ParseAhead;
  readonly #output: Output;
  readonly #context: BatchContext;
  readonly #dead: DeadLine[] = [];
  readonly #startedMs = performance.now();
  #stopped = false;
  #index = -1;
  #blank = 0;
  #kept = 0;
  #dropped = 0;

  constructor(env: BatchEnvironment, task: BatchTask) {
    this.#env = env;
    const { bytes: slot, table } = env.slots[task.slot]!;
    this.#slot = slot;
    this.#lines = new ParseAhead(linesOf(slot, table, task.lines, task.text), { ...env, slot });
    const rows = task.lines.kind === 'listed' ? table.rows : undefined;
    this.#output = new Output(slot, rows, task.spare ?? new ArrayBuffer(OUTPUT_BYTES));
    const sourceName = env.sourceNames[task.source]!;
    this.#context = {
      slot,
      sourceName,
      base: task.base,
      attempt: task.attempt,
      scanner: env.scanner,
      live: true,
    };
  }

  async all(): Promise<void> {
    for (let pending = this.#until(); pending !== undefined; pending = this.#until()) await pending;
    this.#env.progress[Progress.busy] = 0;
    this.#context.live = false;
  }

  result(): BatchResult {
    const out = this.#output.finish();
    const busyMs = performance.now() - this.#startedMs;
    const { written } = this.#output;
    const lines = this.#index + 1;
    return {
      lines,
      blank: this.#blank,
      kept: this.#kept,
      dropped: this.#dropped,
      written,
      out,
      dead: this.#dead,
      busyMs,
    };
  }

  /** Goes on until the batch is done, or the handler returns a promise; the result is what to wait for then. */
  #until(): Promise<void> | undefined {
    const { handler, progress } = this.#env;
    const lines = this.#lines;
    while (!this.#stopped && lines.next()) {
      this.#index++;
      this.#output.beginLine(lines.line);
      const { start, obstacle } = lines;
      if (obstacle !== undefined) {
        if (obstacle === 'blank') this.#blank++;
        else this.#addDead(obstacle.members);
        continue;
      }
      progress[Progress.lineStart] = start;
      progress[Progress.count]!++;
      progress[Progress.busy] = 1;
      const context = new EventContext(this.#context, start);
      try {
        const value: unknown = handler(lines.event, context);
        if (isThenable(value)) {
          if (this.#env.scanner !== undefined) context.rememberKey();
          return this.#settle(value, context);
        }
        this.#take(value);
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
    const { start, end } = this.#lines;
    if (value === true) {
      this.#kept++;
      this.#output.passLine(start, end);
    } else if (value === undefined || value === null || value === false) {
      this.#dropped++;
    } else if (Array.isArray(value)) {
      this.#takeEach(value);
    } else {
      const json = toJson(value);
      this.#kept++;
      this.#output.add(json);
    }
  }

  #takeEach(values: readonly unknown[]): void {
    const { start, end, text } = this.#lines;
    // All of them first: a line gives all of its events, or none.
    const events = values
      .filter(value => value !== undefined && value !== null && value !== false)
      .map(value => (value === true ? undefined : toJson(value)));
    for (const json of events) {
      if (json === undefined) this.#output.passAmong(start, end, text);
      else this.#output.add(json);
    }
    if (events.length > 0) this.#kept++;
    else this.#dropped++;
  }

  #fail(error: unknown): void {
    if (error instanceof BadResult) this.#die('bad-result', { message: error.message });
    else if (error instanceof TimedOut) this.#die('timed-out', { message: error.message });
    else this.#die('handler-threw', describeThrown(error));
  }

  #die(reason: DeadReason, error: DeadError): void {
    const { start, end } = this.#lines;
    this.#addDead(deadMembers(reason, error, this.#slot.subarray(start, end)));
  }

  #addDead(members: string): void {
    this.#dead.push({ index: this.#index, start: this.#lines.start, members });
    this.#output.dead();
    this.#stopped = this.#env.stopAtDead;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
