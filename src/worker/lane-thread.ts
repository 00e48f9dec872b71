import type { Piscina } from 'piscina';
import { reasonOf } from '../base/errors.ts';
import { HANDLER_CLOSE_MS_MAX, HANDLER_LOAD_MS_MAX } from '../base/limits.ts';
import { loadError } from './lane-errors.ts';
import type {
  BatchTask,
  EndTask,
  HandlerTraits,
  LaneSetup,
  LoadFailure,
  ScanTask,
  TaskResult,
} from './protocol.ts';
import { takePool } from './pools.ts';
import type { SplitState } from './split-state.ts';

/** The thread of a lane, from its start to its end: a Piscina pool of exactly one thread. */

export interface ThreadOptions {
  readonly setup: LaneSetup;
  /** The handler as the user named it, for messages. */
  readonly handlerName: string;
  readonly heapMiBMax: number;
  /** What the state of the lane's keys is, as changes that lead to it. */
  readonly state: readonly Uint8Array[];
}

export class LaneThread {
  readonly traits: HandlerTraits;
  readonly #pool: Piscina;

  private constructor(pool: Piscina, traits: HandlerTraits) {
    this.#pool = pool;
    this.traits = traits;
  }

  /** Starts a thread and loads the handler in it; rejects with MILLRACE_HANDLER_…. */
  static async start({ setup, handlerName, heapMiBMax, state }: ThreadOptions): Promise<LaneThread> {
    const pool = await takePool(heapMiBMax);
    try {
      const traits = await loadHandler(pool, setup, handlerName);
      if (state.length > 0) await pool.run(state, { name: 'addState' });
      return new LaneThread(pool, traits);
    } catch (error) {
      await pool.destroy();
      throw error;
    }
  }

  run(task: BatchTask | ScanTask | EndTask, kind: 'work' | 'scan' | 'end'): Promise<TaskResult> {
    return this.#pool.run(task, { name: kind }) as Promise<TaskResult>;
  }

  /** Adds changes to the state, before anything that is asked for later. */
  async addState(changes: readonly Uint8Array[]): Promise<void> {
    await this.#pool.run(changes, { name: 'addState' });
  }

  /**
   * The state after all that was asked for before, as `splitByLane` splits it: the thread forgets what moves. Without a table
   * it keeps all.
   */
  splitState(laneOfGroup: Uint8Array | undefined): Promise<SplitState> {
    return this.#pool.run(laneOfGroup, { name: 'splitState' }) as Promise<SplitState>;
  }

  /** Lets the handler close what it has opened, and ends the thread; one that hangs in that is not waited for. */
  async close(): Promise<void> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), HANDLER_CLOSE_MS_MAX);
    await this.#pool.run(undefined, { name: 'close', signal: abort.signal }).catch(() => undefined);
    clearTimeout(timer);
    await this.#pool.destroy();
  }

  /** Ends the thread at once. */
  async end(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** When a handler was loaded last, in whatever thread: while others load, one has to wait for its share of the cores. */
let lastLoadedMs = -Infinity;

async function loadHandler(pool: Piscina, setup: LaneSetup, handlerName: string): Promise<HandlerTraits> {
  const abort = new AbortController();
  let timer = setTimeout(check, HANDLER_LOAD_MS_MAX);
  function check(): void {
    const leftMs = lastLoadedMs + HANDLER_LOAD_MS_MAX - performance.now();
    if (leftMs > 0) timer = setTimeout(check, leftMs);
    else abort.abort();
  }
  let traits: HandlerTraits | LoadFailure;
  try {
    traits = (await pool.run(setup, { name: 'load', signal: abort.signal })) as HandlerTraits | LoadFailure;
    lastLoadedMs = performance.now();
  } catch (error) {
    const reason = abort.signal.aborted
      ? `it is not loaded after ${HANDLER_LOAD_MS_MAX} ms`
      : reasonOf(error);
    traits = { failed: 'load', message: reason, stack: undefined };
  } finally {
    clearTimeout(timer);
  }
  if ('failed' in traits) throw loadError(handlerName, traits);
  return traits;
}
