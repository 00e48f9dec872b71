import type { SharedSlot, WasmMemory } from '../kernel/slot-memory.ts';
import { watchForHang } from '../worker/hang-watch.ts';
import { LaneThread } from '../worker/lane-thread.ts';
import { permitsMemory } from '../worker/permits.ts';
import {
  type BatchResult,
  type BatchTask,
  type LaneSetup,
  Progress,
  PROGRESS_BYTES,
} from '../worker/protocol.ts';

/**
 * A thread that decides `--where`, for expressions that an event can keep busy for ever: one that takes too long ends the thread,
 * and not the process's ear for a Ctrl-C.
 */

/** An event took longer than it may: the number of its line in the slot's table. */
export class TookTooLong extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} took too long`);
    this.line = line;
  }
}

export interface FilterThreadOptions {
  readonly slots: readonly SharedSlot[];
  readonly wasm: WasmMemory | undefined;
  readonly where: string | undefined;
  readonly select: string | undefined;
  readonly lineBytesMax: number;
  /** Time for one event. */
  readonly timeoutMs: number;
}

/** Enough for the longest line that there may be, as text and as objects. */
const HEAP_MIB_MAX = 4096;

export class FilterThread {
  readonly #progress = new Int32Array(new SharedArrayBuffer(PROGRESS_BYTES));
  readonly #timeoutMs: number;
  readonly #thread: Promise<LaneThread>;

  constructor({ timeoutMs, ...options }: FilterThreadOptions) {
    this.#timeoutMs = timeoutMs;
    const setup: LaneSetup = {
      ...options,
      timeoutMs: 0,
      instance: 1,
      lanes: 1,
      rateClock: new SharedArrayBuffer(8),
      permits: permitsMemory(1),
      overrides: {},
      progress: this.#progress.buffer as SharedArrayBuffer,
      handler: undefined,
      key: undefined,
      stopAtDead: false,
    };
    this.#thread = LaneThread.start({ setup, handlerName: '', heapMiBMax: HEAP_MIB_MAX, state: [] });
    // Told to whoever runs something.
    this.#thread.catch(() => undefined);
  }

  /** Rejects with TookTooLong, and is of no use after that. */
  async run(task: BatchTask): Promise<BatchResult> {
    const thread = await this.#thread;
    let endWatch: (() => void) | undefined;
    const hung = new Promise<never>((_, reject) => {
      endWatch = watchForHang(this.#progress, this.#timeoutMs, () => {
        reject(new TookTooLong(this.#progress[Progress.line]!));
      });
    });
    const result = thread.run(task, 'work') as Promise<BatchResult>;
    // When the thread is ended, nobody waits for it any more.
    result.catch(() => undefined);
    try {
      return await Promise.race([result, hung]);
    } finally {
      endWatch?.();
    }
  }

  /** Ends the thread, whatever it is at. */
  async end(): Promise<void> {
    await this.#thread.then(
      thread => thread.end(),
      () => undefined,
    );
  }
}
