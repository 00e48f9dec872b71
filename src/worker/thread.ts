import { writeSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';
import { KeyedState } from '../base/keyed-state.ts';
import { HANDLER_TIMEOUT_MS } from '../base/limits.ts';
import type { Handler } from '../index.ts';
import { loadKernel } from '../kernel/load.ts';
import { parsePath } from '../kernel/path.ts';
import { PathScanner } from '../kernel/scan.ts';
import type { EventReading } from '../query/handler-reader.ts';
import type { Select } from '../query/select.ts';
import type { Where } from '../query/where.ts';
import { Changes } from './changes.ts';
import { describeThrown } from './describe-thrown.ts';
import type { EventWatch } from './event-watch.ts';
import { importHandler, NO_HANDLER, NO_KEY_AT_END } from './import-handler.ts';
import type { ConcurrentRun } from './concurrent-run.ts';
import type { EndRun } from './run-end.ts';
import { splitByLane, type SplitState } from './split-state.ts';
import { closerProgram, makePlan } from './plan.ts';
import type {
  BatchResult,
  BatchTask,
  EndOutcome,
  EndTask,
  HandlerTraits,
  LaneSetup,
  LoadFailure,
  ScanResult,
  ScanTask,
} from './protocol.ts';
import { PrototypeWatch } from './prototype-watch.ts';
import { type BatchEnvironment, runBatch } from './run-batch.ts';
import { runFor } from './run-for.ts';
import { scanChunk, type ScanEnvironment } from './scan-chunk.ts';
import { viewSlot } from './slot-view.ts';
import { WayChoice } from './way-choice.ts';
import { isAsTheyCome } from './work-options.ts';

/**
 * What runs in a worker thread: `load` once, then `work` for each batch, in the order in which they are sent.
 *
 * Piscina runs the tasks of one thread at the same time as soon as one of them awaits; the chain in `work` is what
 * makes them one after the other, so that the next batch can wait here rather than a round trip away.
 */

let setup: LaneSetup;
let batches: BatchEnvironment | undefined;
let scans: ScanEnvironment | undefined;
let last: Promise<unknown> = Promise.resolve();
/** Set where several events are handled at the same time. */
let concurrentRun: Pick<ConcurrentRun, 'run'> | undefined;
/** What moves memory to the main thread: rarely needed, and slow to load. */
let mover: Pick<typeof import('piscina'), 'move' | 'transferableSymbol' | 'valueSymbol'> | undefined;
let endRun: EndRun | undefined;
let closeHandler: (() => unknown) | undefined;
/** Of the lane's keys. */
const keyedState = new KeyedState();
/** From before anything of the handler has run. */
const prototypes = new PrototypeWatch();

/** Loads the handler; a failure is a value, because the reason must reach the user whole. */
export async function load(given: LaneSetup): Promise<HandlerTraits | LoadFailure> {
  setup = given;
  protectProcess();
  const imported =
    setup.handler === undefined ? NO_HANDLER : await importHandler(setup.handler.url, setup.overrides);
  if ('failed' in imported) return imported;
  const { work: calling, topics } = imported;
  const cache = imported.cache && new (await import('./load-cache.ts')).LoadCache(imported.cache);
  const key = setup.key ?? imported.key;
  if (imported.unordered && key !== undefined) {
    const message = `it is "unordered", and events are to be ordered by the key ${key}`;
    return { failed: 'option', message, stack: undefined };
  }
  const timeoutMs = setup.timeoutMs ?? imported.timeoutMs ?? HANDLER_TIMEOUT_MS;
  if (imported.end !== undefined && key === undefined) return NO_KEY_AT_END;
  // The parser is loaded only where it is needed.
  const where = setup.where && (await import('../query/where.ts')).parseWhere(setup.where);
  const select = setup.select && (await import('../query/select.ts')).parseSelect(setup.select);
  const linger =
    calling.batch && calling.batch.lingerMs > 0
      ? { ms: calling.batch.lingerMs, events: calling.batch.perKey ? Infinity : calling.batch.size }
      : undefined;
  const traits = {
    key,
    timeoutMs,
    concurrent: !isAsTheyCome(calling),
    inBatches: calling.batch !== undefined,
    linger,
    hasEnd: imported.end !== undefined,
    topics,
  };
  try {
    prepare({ handler: imported.handle, cache }, traits, where || undefined, select || undefined);
  } catch (error) {
    return { failed: 'export', message: (error as Error).message, stack: undefined };
  }
  if (traits.concurrent) {
    mover = await import('piscina');
    concurrentRun = await runFor(batches!, calling, setup);
  }
  if (imported.end !== undefined) {
    const { EndRun } = await import('./run-end.ts');
    endRun = new EndRun(batches!, imported.end);
  }
  closeHandler = imported.close;
  try {
    await imported.open?.();
  } catch (error) {
    const { message, stack } = describeThrown(error);
    return { failed: 'load', message: `its "open" failed: ${message}`, stack };
  }
  return traits;
}

function prepare(
  { handler, cache }: Pick<BatchEnvironment, 'handler' | 'cache'>,
  { key, timeoutMs, topics, inBatches }: HandlerTraits,
  where: Where | undefined,
  select: Select | undefined,
): void {
  const { lineBytesMax, wasm, instance, lanes, stopAtDead } = setup;
  // Several events at once are not what was read as an event.
  const reading = handler === undefined || inBatches ? undefined : readingOf(handler);
  const hasHandler = handler !== undefined;
  const plan = makePlan({ key, where, select, hasHandler, reading, lineBytesMax });
  const slots = setup.slots.map(viewSlot);
  const kernel = loadKernel(wasm, instance, plan.program, lanes);
  const scanner = key === undefined ? undefined : new PathScanner(parsePath(key));
  const progress = new Int32Array(setup.progress);
  batches = {
    handler,
    version: setup.handler?.version,
    takesContext: reading?.takesContext ?? true,
    plan,
    changes: new Changes(plan),
    kernel,
    ways: new WayChoice(plan.parts !== undefined),
    slots,
    scanner,
    progress,
    lineBytesMax,
    timeoutMs,
    stopAtDead,
    topics,
    state: keyedState,
    cache,
    countNames: new Set(),
  };
  if (scanner !== undefined) {
    scans = { kernel, slots, scanner };
  }
}

/** What is known of the handler, if it is the function that was read, and its events have nothing but their own members. */
function readingOf(handler: Handler): EventReading | undefined {
  const reading = setup.handler?.reading;
  if (!prototypes.isUntouched) return undefined;
  return Function.prototype.toString.call(handler) === reading?.source ? reading : undefined;
}

/** Scans a chunk for all lanes. */
export function scan(task: ScanTask): Promise<ScanResult> {
  return inTurn(() => scanChunk(scans!, task));
}

/** Calls what the handler has for the end of the input; nothing else is under way then. */
export function end(task: EndTask): Promise<EndOutcome> {
  return inTurn(() => endRun!.run(task));
}

/** Runs one batch; the memory of outputs that found no room in the slot is moved to the main thread. */
export async function work(task: BatchTask): Promise<BatchResult> {
  const result = await handle(task);
  const buffers = buffersOf(result);
  if (buffers.length === 0) return result;
  const { move, transferableSymbol, valueSymbol } = mover!;
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as unknown as BatchResult;
}

/** Runs one batch; its result stays in this thread. */
export function handle(task: BatchTask): Promise<BatchResult> {
  return concurrentRun?.run(task) ?? runInTurn(task);
}

/** Lets `watch` see the steps of all events that are handled from now on; undefined ends that. */
export function watchEvents(watch: EventWatch | undefined): void {
  batches!.watch = watch;
}

/** How events are decoded, and what chooses that; for whoever measures a handler. */
export function wayChoice(): WayChoice {
  return batches!.ways;
}

function buffersOf({ overflow, emitted, state }: BatchResult): ArrayBuffer[] {
  return [...overflow, ...emitted, ...(state === undefined ? [] : [state])].map(({ bytes }) => bytes.buffer);
}

async function runInTurn(task: BatchTask): Promise<BatchResult> {
  const result = await inTurn(async () => {
    if (!prototypes.isUntouched) batches!.ways.stayWhole();
    const done = await runBatch(batches!, task);
    // In turn as well: results must not overtake one another.
    if (buffersOf(done).length > 0) mover ??= await import('piscina');
    return done;
  });
  lookCloser();
  return result;
}

/** Adds changes to the state of the lane's keys; they are read when a state is asked for. */
export function addState(changes: readonly Uint8Array[]): void {
  for (const bytes of changes) keyedState.add(bytes);
}

/**
 * Forgets the state of those keys whose groups this lane has no longer, by `laneOfGroup`; gives it by lanes, and what is left.
 * Without a table all of it is left.
 */
export function splitState(laneOfGroup: Uint8Array | undefined): Promise<SplitState> {
  const split = (): SplitState => splitByLane(keyedState, laneOfGroup, setup.instance - 1);
  // Where several batches are under way, there may always be one.
  return concurrentRun === undefined ? inTurn(split) : Promise.resolve(split());
}

/** Lets the handler close what it has opened; nothing is run after that. */
export async function close(): Promise<void> {
  const closing = closeHandler;
  closeHandler = undefined;
  try {
    await closing?.();
  } catch (error) {
    tellUncaught(error);
  }
}

/** Runs `task` after all that was asked for before. */
function inTurn<T>(task: () => T | Promise<T>): Promise<T> {
  const run = last.then(task);
  last = run.catch(() => undefined);
  return run;
}

/** To some handlers it matters how a line was spelt: the kernel is told to look. */
function lookCloser(): void {
  const { plan, ways } = batches!;
  const program = closerProgram(plan.program, ways);
  if (program === undefined) return;
  const kernel = loadKernel(setup.wasm, setup.instance, program, setup.lanes);
  batches = { ...batches!, plan: { ...plan, program }, kernel };
  if (scans !== undefined) scans = { ...scans, kernel };
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
