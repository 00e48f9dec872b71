import { Worker } from 'node:worker_threads';
import { MillraceError } from '../base/errors.ts';
import { HANDLER_LOAD_MS_MAX } from '../base/limits.ts';
import { watchForHang } from '../worker/hang-watch.ts';
import { diedMessage, loadError } from '../worker/lane-errors.ts';
import { YOUNG_MIB_MAX } from '../worker/pools.ts';
import { type HandlerTraits, Progress } from '../worker/protocol.ts';
import type { BenchSetup, Question, Questions } from './protocol.ts';

/** A thread in which a handler is measured alone, seen from outside: one question at a time. */

export interface BenchThreadOptions {
  readonly setup: Omit<BenchSetup, 'progress'>;
  /** The handler as the user named it, for messages. */
  readonly name: string;
  readonly heapMiBMax: number;
}

export class BenchThread {
  readonly traits: HandlerTraits;
  readonly #asking: Asking;
  readonly #endWatch: () => void;

  private constructor(asking: Asking, traits: HandlerTraits, endWatch: () => void) {
    this.#asking = asking;
    this.traits = traits;
    this.#endWatch = endWatch;
  }

  /** Starts a thread and loads the handler in it; rejects with MILLRACE_HANDLER_…. */
  static async start({ setup, name, heapMiBMax }: BenchThreadOptions): Promise<BenchThread> {
    const progress = new Int32Array(new SharedArrayBuffer(Progress.fields * 4));
    const worker = new Worker(new URL('../bench/thread.js', import.meta.url), {
      workerData: { ...setup, progress: progress.buffer } satisfies BenchSetup,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
    });
    const asking = new Asking(worker, name);
    const timer = setTimeout(() => asking.fail(tooSlow(name)), HANDLER_LOAD_MS_MAX);
    try {
      const traits = await asking.ask('load', undefined);
      if ('failed' in traits) throw loadError(name, traits);
      const { timeoutMs } = traits;
      const endWatch = watchForHang(progress, timeoutMs, () => asking.fail(hangs(name, timeoutMs)));
      return new BenchThread(asking, traits, endWatch);
    } catch (error) {
      await worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  ask<Q extends Question>(question: Q, ask: Questions[Q]['ask']): Promise<Questions[Q]['answer']> {
    return this.#asking.ask(question, ask);
  }

  /** Ends the thread, after the handler has closed what it opened. */
  async close(): Promise<void> {
    this.#endWatch();
    await this.#asking.end();
  }
}

class Asking {
  readonly #worker: Worker;
  #waiting: { resolve: (answer: never) => void; reject: (error: unknown) => void } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(worker: Worker, name: string) {
    this.#worker = worker;
    worker.on('message', (message: { answer: never } | { error: unknown }) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if ('error' in message) waiting?.reject(message.error);
      else waiting?.resolve(message.answer);
    });
    worker.on('error', error => this.fail(dies(name, error)));
    worker.on('exit', code => this.fail(dies(name, new Error(`exit code ${code}`))));
  }

  ask<Q extends Question>(question: Q, ask: Questions[Q]['ask']): Promise<Questions[Q]['answer']> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error as Error);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage({ question, ask });
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
    void this.#worker.terminate();
  }

  async end(): Promise<void> {
    const closing = this.#failure === undefined ? this.ask('close', undefined) : Promise.resolve();
    await closing.catch(() => undefined);
    await this.#worker.terminate();
  }
}

function dies(name: string, cause: unknown): MillraceError {
  return new MillraceError('MILLRACE_HANDLER_DIES', `cannot measure "${name}": ${diedMessage(cause)}`, {
    hint: 'a run would go on without the event; see which one it is with "millrace run"',
    cause,
  });
}

function hangs(name: string, timeoutMs: number): MillraceError {
  return new MillraceError(
    'MILLRACE_HANDLER_DIES',
    `cannot measure "${name}": it is at one event for more than ${timeoutMs} ms`,
    { hint: 'a run would go on without the event; allow more time with --timeout' },
  );
}

function tooSlow(name: string): MillraceError {
  return new MillraceError(
    'MILLRACE_HANDLER_LOAD',
    `"${name}" failed while it was loaded: it is not loaded after ${HANDLER_LOAD_MS_MAX} ms`,
    { hint: 'mend the handler, or install what it imports' },
  );
}
