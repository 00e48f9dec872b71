import { KeyedState } from '../base/keyed-state.ts';
import { CHUNK_BYTES, HANDLER_TIMEOUT_MS, LINE_BYTES_LIMIT } from '../base/limits.ts';
import { clearEdits } from '../kernel/edits.ts';
import { Outcome } from '../kernel/line-table.ts';
import { loadKernel, loadMerger } from '../kernel/load.ts';
import { type Merger, piecesOf } from '../kernel/merger.ts';
import { parseSelect, type Select } from '../query/select.ts';
import { parseWhere, type Where } from '../query/where.ts';
import { Changes } from '../worker/changes.ts';
import { makePlan } from '../worker/plan.ts';
import { type BatchResult, type BatchTask, Progress } from '../worker/protocol.ts';
import { type BatchEnvironment, runBatch } from '../worker/run-batch.ts';
import { viewSlot } from '../worker/slot-view.ts';
import { WayChoice } from '../worker/way-choice.ts';
import { ChunkPool, type Slot } from './chunk-pool.ts';
import { FilterThread, TookTooLong } from './filter-thread.ts';
import { overflowOf } from './merge.ts';
import { Undecided } from './undecided.ts';

/**
 * `--where` and `--select` on events that are only printed: the same work as in a run, without a handler; in this thread, unless
 * an event may keep the expression busy for ever. Then there is a thread that is ended when its time is up, as in a run.
 */

/** The events that are left of some, as bytes, and for each which one of them it was, from 0. */
export interface Filtered {
  readonly bytes: Uint8Array;
  readonly indices: readonly number[];
  /** How many of them are no valid JSON: they are left out. */
  readonly invalid: number;
  /** Where an event takes too long: all else is about those before it. Whoever has put these out throws it. */
  readonly undecided: Undecided | undefined;
}

export interface FilterOptions {
  readonly where: string | undefined;
  readonly select: string | undefined;
  /** Whether the events are valid JSON for certain: what is not is a bug then. */
  readonly isCommitted: boolean;
  /** Time for one event; 0 is for ever, and undefined as in a run. */
  readonly timeoutMs?: number | undefined;
}

const NEWLINE = 0x0a;

export class EventFilter {
  readonly #where: Where | undefined;
  readonly #select: Select | undefined;
  readonly #texts: Pick<FilterOptions, 'where' | 'select'>;
  readonly #isCommitted: boolean;
  readonly #timeoutMs: number;
  #slotBytes = 0;
  #pool!: ChunkPool;
  #slot!: Slot;
  #work!: (task: BatchTask) => Promise<BatchResult>;
  #thread: FilterThread | undefined;
  #merger!: Merger;

  /** Takes the texts of the two flags; throws MILLRACE_WHERE and MILLRACE_SELECT. */
  constructor({ where, select, isCommitted, timeoutMs = HANDLER_TIMEOUT_MS }: FilterOptions) {
    this.#where = where === undefined ? undefined : parseWhere(where);
    this.#select = select === undefined ? undefined : parseSelect(select);
    this.#texts = { where, select };
    this.#isCommitted = isCommitted;
    this.#timeoutMs = timeoutMs;
    this.#reserve(CHUNK_BYTES);
  }

  /** Ends what may still be at work. */
  async close(): Promise<void> {
    await this.#thread?.end();
  }

  /**
   * What is left of the events in `bytes`, each of which ends in a newline, up to one that takes too long, for which `nameOf`
   * has a name.
   */
  async apply(bytes: Uint8Array, nameOf?: (index: number) => string): Promise<Filtered> {
    const pieces: Uint8Array[] = [];
    const indices: number[] = [];
    let [before, invalid] = [0, 0];
    for (let from = 0; from < bytes.length; ) {
      const to = endOfPiece(bytes, from);
      const result = await this.#run(bytes.subarray(from, to));
      if (result instanceof TookTooLong)
        return this.#giveUp(bytes, from, result.line, nameOf?.(before + result.line));
      const lines = result.linesTo;
      const { outcomes } = this.#slot.table;
      for (let line = 0; line < lines; line++) {
        const outcome = outcomes[line];
        if (outcome !== Outcome.dropped && outcome !== Outcome.dead) indices.push(before + line);
      }
      invalid += result.dead.length;
      if (invalid > 0 && this.#isCommitted) throw new Error('a committed event is not valid JSON');
      pieces.push(...this.#merged(result));
      before += lines;
      from = to;
    }
    return {
      bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces),
      indices,
      invalid,
      undecided: undefined,
    };
  }

  async #run(piece: Uint8Array): Promise<BatchResult | TookTooLong> {
    this.#reserve(piece.length);
    const slot = this.#slot;
    clearEdits(slot.edits);
    slot.bytes.set(piece);
    const lines = { kind: 'range', from: 0, to: piece.length, line: 0 } as const;
    const task = { slot: 0, source: '', base: 0, lines, number: 1, attempt: 1 };
    return this.#work(task).catch((error: unknown) => {
      if (error instanceof TookTooLong) return error;
      throw error;
    });
  }

  /** What is left of the events before this line of a piece that begins at `from`, with the one there as the reason. */
  async #giveUp(bytes: Uint8Array, from: number, line: number, name: string | undefined): Promise<Filtered> {
    const { starts, ends } = this.#slot.table;
    const start = from + starts[line]!;
    const event = bytes.subarray(start, from + ends[line]!);
    this.#work = this.#inThread(this.#pool);
    const left = await this.apply(bytes.subarray(0, start));
    return { ...left, undecided: left.undecided ?? new Undecided(name, event, this.#timeoutMs) };
  }

  #merged(result: BatchResult): Uint8Array[] {
    const slot = this.#slot;
    const overflow = overflowOf([result]);
    const pieces: Uint8Array[] = [];
    for (let line = 0; line < result.linesTo; ) {
      const { bytes, line: next } = this.#merger.merge(slot, line, result.linesTo);
      // The memory is written anew by the next merge, and by the next piece.
      pieces.push(this.#merger.out.slice(0, bytes));
      if (next > line) {
        line = next;
        continue;
      }
      const spilled = overflow?.get(line)?.bytes;
      pieces.push(...(spilled === undefined ? piecesOf(slot, line).map(piece => piece.slice()) : [spilled]));
      line++;
    }
    return pieces;
  }

  /** Makes sure that a piece of so many bytes fits. */
  #reserve(bytes: number): void {
    if (bytes <= this.#slotBytes) return;
    this.#slotBytes = Math.max(bytes, this.#slotBytes * 2);
    const pool = new ChunkPool(1, this.#slotBytes, 1);
    this.#pool = pool;
    this.#slot = pool.takeFree();
    this.#merger = loadMerger(pool.wasm, 0);
    this.#work = this.#where?.searchesLong === true ? this.#inThread(pool) : this.#here(pool);
  }

  #inThread({ shared: slots, wasm }: ChunkPool): (task: BatchTask) => Promise<BatchResult> {
    void this.#thread?.end();
    const options = {
      ...this.#texts,
      slots,
      wasm,
      lineBytesMax: LINE_BYTES_LIMIT,
      timeoutMs: this.#timeoutMs,
    };
    const thread = new FilterThread(options);
    this.#thread = thread;
    return task => thread.run(task);
  }

  #here(pool: ChunkPool): (task: BatchTask) => Promise<BatchResult> {
    const plan = makePlan({
      key: undefined,
      where: this.#where,
      select: this.#select,
      hasHandler: false,
      reading: undefined,
      lineBytesMax: LINE_BYTES_LIMIT,
    });
    const environment: BatchEnvironment = {
      handler: undefined,
      version: undefined,
      takesContext: false,
      topics: [],
      state: new KeyedState(),
      cache: undefined,
      countNames: new Set(),
      plan,
      changes: new Changes(plan),
      kernel: loadKernel(pool.wasm, 1, plan.program, 1),
      ways: new WayChoice(false),
      slots: pool.shared.map(viewSlot),
      scanner: undefined,
      progress: new Int32Array(Progress.fields),
      lineBytesMax: LINE_BYTES_LIMIT,
      timeoutMs: 0,
      stopAtDead: false,
    };
    return async task => runBatch(environment, task);
  }
}

/** Where a piece ends that begins at `from`: behind the last event that ends within a chunk's length, or one event. */
function endOfPiece(bytes: Uint8Array, from: number): number {
  if (bytes.length - from <= CHUNK_BYTES) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, from + CHUNK_BYTES - 1);
  return (last >= from ? last : bytes.indexOf(NEWLINE, from)) + 1;
}
