import { Gate } from '../base/gate.ts';
import { CHUNKS_EXTRA, CHUNKS_PER_LANE } from '../base/limits.ts';
import { KEY_GROUPS } from '../kernel/key-group.ts';
import { loadMerger } from '../kernel/load.ts';
import { resolveInputs } from '../source/table.ts';
import { compileHandler } from '../worker/compile.ts';
import { RunAccount } from './account.ts';
import { ChunkPool } from './chunk-pool.ts';
import { ChunkReader, slotBytesFor } from './chunks.ts';
import { Gather, type Gathered } from './gather.ts';
import { Handover } from './handover.ts';
import { LaneSet } from './lane-set.ts';
import { openOutput } from './open-output.ts';
import type { Output } from './output.ts';
import type { RunHooks, RunOptions, RunOutcome } from './run-options.ts';
import { createScatter, type Scatter } from './scatter.ts';
import { SourceBook } from './source-book.ts';
import { Stop } from './stop.ts';

/**
 * The whole program:
 *
 *     source ──chunk──▶ scatter ──batch──▶ lane (worker thread) ──result──▶ gather ──▶ log ──▶ commit
 *
 * Two loops run beside each other. One reads chunks and scatters them over the lanes; the other takes them in the same
 * order, awaits what the lanes made of them, and puts it out. Between the two lie the chunks in flight, whose number
 * the pool of slots bounds: when the log is slow gather waits, no slot comes free, and reading stops.
 */
export async function run(options: RunOptions, hooks: RunHooks): Promise<RunOutcome> {
  const startedMs = performance.now();
  const specs = await resolveInputs(options.inputs);
  const sizes = await Promise.all(specs.map(spec => spec.check()));
  const handler = options.handler === undefined ? undefined : await compileHandler(options.handler);

  const account = new RunAccount();
  const sources = new SourceBook(specs, sizes);
  const sourceNames = specs.map(spec => spec.name);
  const slots = options.workers * CHUNKS_PER_LANE + CHUNKS_EXTRA;
  const pool = new ChunkPool(slots, slotBytesFor(options.lineBytesMax), options.workers);
  const gate = new Gate();
  const stop = new Stop(gate, pool);
  hooks.interrupted.addEventListener('abort', stop.interrupt);
  if (hooks.interrupted.aborted) stop.interrupt();
  const laneOfGroup = new SharedArrayBuffer(KEY_GROUPS);
  const shared = { slots: pool.shared, wasm: pool.wasm, laneOfGroup, handler, sourceNames };
  const lanes = new LaneSet(options, shared, gate.open);
  const opening = openOutput(options, { sources, account, stop, hooks });
  try {
    const [traits, output] = await both(lanes.start(sources.inputBytes()?.total ?? 0), opening);
    const scatter = createScatter(traits.key, lanes, laneOfGroup);
    const merger = loadMerger(pool.wasm, 0);
    const gather = new Gather({ ...options, output, merger, sources, sourceNames, account, pool });
    const resumed = Object.keys(output.positions).length > 0;
    const { cuts } = output;
    hooks.onStart?.({ account, lanes: lanes.lanes, inputBytes: () => sources.inputBytes(), resumed, cuts });

    const inFlight = new Handover<Gathered>();
    await Promise.all([readAll(scatter, output, inFlight), gatherAll(gather, inFlight)]);
    await output.commit();

    if (stop.failure !== undefined) throw stop.failure.error;
    account.check();
    const seconds = (performance.now() - startedMs) / 1000;
    return { account, seconds, interrupted: stop.interrupted, resumed };
  } catch (error) {
    throw stop.failure?.error ?? error;
  } finally {
    hooks.interrupted.removeEventListener('abort', stop.interrupt);
    await lanes.close();
    await sources.close();
    await opening.then(
      output => output.close(),
      () => undefined,
    );
  }

  /** Reads the sources one after the other, each to its end or until reading is stopped. */
  async function readAll(scatter: Scatter, output: Output, inFlight: Handover<Gathered>): Promise<void> {
    try {
      for (const [index, spec] of specs.entries()) {
        if (stop.requested) return;
        const source = await sources.open(index, output.positions);
        const reader = new ChunkReader(source, pool, {
          lineBytesMax: options.lineBytesMax,
          takeRest: spec.id === undefined,
          stopped: () => stop.requested,
          hasRoom: () => lanes.hasRoom,
          gate,
        });
        for await (const chunk of reader.chunks()) {
          const { refused } = chunk;
          if (refused === undefined) inFlight.push(scatter.dispatch(chunk, index));
          else inFlight.push({ kind: 'refused', chunk, refused, source: index });
        }
        if (!stop.requested) inFlight.push({ kind: 'source-end', source: index });
      }
    } catch (error) {
      // What was read is still handled and committed; the run fails after that.
      stop.failure ??= { error };
    } finally {
      inFlight.end();
    }
  }

  /** Puts out what is in flight, in order, until reading has ended and nothing is left. */
  async function gatherAll(gather: Gather, inFlight: Handover<Gathered>): Promise<void> {
    try {
      for (let next = await inFlight.take(); next !== undefined; next = await inFlight.take()) {
        await gather.take(next);
      }
    } catch (error) {
      // What was put out before is still committed.
      stop.fail(error);
    }
  }
}

/** Both results, or the first failure; but not before both have come to an end. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
