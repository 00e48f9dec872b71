import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { systemCode } from '../base/errors.ts';
import { HANDLER_TIMEOUT_MS } from '../base/limits.ts';
import { parsePath } from '../kernel/path.ts';
import { LineTable } from '../kernel/line-table.ts';
import { PathScanner } from '../kernel/scan.ts';
import { describeThrown } from './describe-thrown.ts';
import { importHandler } from './import-handler.ts';
import type { BatchResult, BatchTask, HandlerTraits, LaneSetup, LoadFailure } from './protocol.ts';
import { type BatchEnvironment, runBatch } from './run-batch.ts';

/**
 * What runs in a worker thread: `load` once, then `work` for each batch, in the order in which they are sent.
 *
 * Piscina runs the tasks of one thread at the same time as soon as one of them awaits; the chain in `work` is what
 * makes them one after the other, so that the next batch can wait here rather than a round trip away.
 */

const setup = workerData as LaneSetup;
let environment: BatchEnvironment | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Loads the handler; a failure is a value, because the reason must reach the user whole. */
export async function load(): Promise<HandlerTraits | LoadFailure> {
  protectProcess();
  const imported = await importHandler(setup.handlerUrl);
  if ('failed' in imported) return imported;
  const key = setup.key ?? imported.key;
  const timeoutMs = setup.timeoutMs ?? imported.timeoutMs ?? HANDLER_TIMEOUT_MS;
  try {
    environment = {
      handler: imported.handle,
      slots: setup.slots.map(slot => ({
        bytes: Buffer.from(slot.buffer, slot.bytesAt, slot.bytesLength),
        table: new LineTable(slot),
      })),
      sourceNames: setup.sourceNames,
      scanner: key === undefined ? undefined : new PathScanner(parsePath(key)),
      progress: new Int32Array(setup.progress),
      lineBytesMax: setup.lineBytesMax,
      timeoutMs,
      stopAtDead: setup.stopAtDead,
    };
  } catch (error) {
    return { failed: 'export', message: (error as Error).message, stack: undefined };
  }
  return { key, timeoutMs };
}

/** Runs one batch; the memory of its output is moved to the main thread. */
export async function work(task: BatchTask): Promise<BatchResult> {
  const run = last.then(() => runBatch(environment!, task));
  last = run.catch(() => undefined);
  const result = await run;
  return move({
    [transferableSymbol]: [result.out.buffer],
    [valueSymbol]: result,
  } as never) as unknown as BatchResult;
}

/** Keeps a handler from ending the thread, and from writing between the data on standard output. */
function protectProcess(): void {
  const exit = process.exit.bind(process);
  process.exit = ((code?: number) => {
    // Node itself ends a thread so after an error that nobody has caught.
    if (new Error().stack?.includes('node:internal/main/worker_thread') === true) return exit(code);
    throw new Error(`the handler called process.exit(${code ?? ''})`);
  }) as typeof process.exit;
  // Only how they write: Node itself still looks for the streams that it has made.
  for (const stream of [process.stdout, process.stderr]) {
    Object.assign(stream, { _write: writeToStderr, _writev: null });
  }
  process.on('uncaughtException', tellUncaught);
  process.setSourceMapsEnabled(true);
}

/**
 * An error that comes when no handler is waited for, from a timer or a promise that nobody awaits. It is told, and the
 * thread lives on: which event it belongs to cannot be known, and if it ended the thread, what becomes of the event at
 * hand would be left to chance.
 */
function tellUncaught(error: unknown): void {
  const { name = 'Error', message, stack } = describeThrown(error);
  const [frame] = stack?.split('\n') ?? [];
  console.error(
    `millrace: a handler let an error go that nobody caught: ${name}: ${message}${frame === undefined ? '' : ` ${frame}`}`,
  );
}

/** At once, so that nothing is lost when the thread ends: its own streams go through the main thread. */
function writeToStderr(text: string | Uint8Array, encoding: BufferEncoding, done: () => void): void {
  const bytes = typeof text === 'string' ? Buffer.from(text, encoding) : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(2, bytes, at);
    } catch (error) {
      // A pipe that cannot take more just now; any other error means that nobody reads it.
      if (systemCode(error) !== 'EAGAIN') break;
    }
  }
  done();
}
