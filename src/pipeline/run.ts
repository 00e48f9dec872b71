import { Gate } from '../base/gate.ts';
import { CHUNKS_CONCURRENT, CHUNKS_EXTRA, CHUNKS_PER_LANE, HOT_KEYS_MAX, HOT_SHARE } from '../base/limits.ts';
import { loadMerger } from '../kernel/load.ts';
import { type Inputs, resolveInputs } from '../source/table.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { compileHandler } from '../worker/compile.ts';
import type { HandlerTraits } from '../worker/protocol.ts';
import { RunAccount } from './account.ts';
import { ChunkPool } from './chunk-pool.ts';
import { ChunkSize } from './chunk-size.ts';
import { slotBytesFor } from './chunk.ts';
import { Feed } from './feed.ts';
import { Gather, type Gathered } from './gather.ts';
import { Handover } from './handover.ts';
import { endKeys } from './key-ends.ts';
import { LaneSet } from './lane-set.ts';
import type { LingerOptions } from './linger.ts';
import { openOutput } from './open-output.ts';
import type { Output } from './output.ts';
import { type HandlerChange, Reload } from './reload.ts';
import type { RunHooks, RunOptions, RunOutcome } from './run-options.ts';
import { Scaling } from './scaling.ts';
import { timing } from './stopwatch.ts';
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
  const tell = (note: string): void => hooks.onNote?.(note);
  const { specs, discovery } = await findSources(options, hooks);
  const sizes = await Promise.all(specs.map(spec => spec.check()));
  const handler = options.handler === undefined ? undefined : await compileHandler(options.handler);

  const account = new RunAccount();
  const sources = new SourceBook(discovery === undefined ? sizes : [undefined]);
  const { max } = options.workers;
  const slots = max * CHUNKS_PER_LANE + CHUNKS_EXTRA;
  const pool = new ChunkPool(slots, slotBytesFor(options.lineBytesMax), max, CHUNKS_CONCURRENT);
  const gate = new Gate();
  const chunkSize = new ChunkSize(options.workers.isShuffled === true, gate.open);
  const stop = new Stop(gate, pool);
  hooks.interrupted.addEventListener('abort', stop.interrupt);
  if (hooks.interrupted.aborted) stop.interrupt();
  const shared = { slots: pool.shared, wasm: pool.wasm, handler };
  const lanes = new LaneSet(options, shared, gate.open);
  let scaling: Scaling | undefined;
  let reload: Reload | undefined;
  let present: HandlerTraits | undefined;
  const opening = openOutput(options, { sources, account, stop, hooks });
  try {
    const [traits, output] = await both(lanes.start(sources.inputBytes()?.total ?? 0), opening);
    await output.addTopics(traits.topics);
    const state = await output.state();
    onTraits(traits);
    const scatter = createScatter(traits.key, lanes, state);
    if (handler !== undefined) await output.useHandler(handler.version);
    const hasRoom = (): boolean => (lanes.hasRoom || chunkSize.holdBack()) && chunkSize.hasRoom;
    const isHeldBack = (): boolean => pool.isShort || !hasRoom();
    scaling = new Scaling({ lanes, range: options.workers, scatter, isHeldBack });
    const merger = loadMerger(pool.wasm, 0);
    const gather = new Gather({
      ...options,
      output,
      merger,
      sources,
      account,
      pool,
      stopwatch: hooks.stopwatch,
    });
    const { positions, cuts } = output;
    const resumed = Object.keys(positions).length > 0;
    const { lineBytesMax } = options;
    const chunkBytes = (): number => chunkSize.bytes;
    const linger = lingerOf(() => present ?? traits, lanes);
    const reading = { lineBytesMax, hasRoom, chunkBytes, linger, gate, stop };
    const feed = new Feed({ specs, discovery, positions, sources, pool, ...reading });
    hooks.onStart?.({ account, lanes: lanes.lanes, inputBytes: () => sources.inputBytes(), resumed, cuts });

    const inFlight = new Handover<Gathered>();
    if (options.watch && handler !== undefined) {
      const announce = (change: HandlerChange): void => inFlight.push(change);
      reload = new Reload({
        name: options.handler!,
        handler,
        traits,
        lanes,
        output,
        announce,
        onTraits,
        tell,
      });
    }
    await Promise.all([readAll(feed, scatter, inFlight), gatherAll(gather, inFlight)]);
    const isOver = !stop.requested && !options.inputs.every(input => input.startsWith('dead:'));
    if ((present ?? traits).hasEnd && isOver) await endAll(scatter, output);
    await output.commit();

    if (stop.failure !== undefined) throw stop.failure.error;
    account.check();
    const seconds = (performance.now() - startedMs) / 1000;
    const { threadsMost } = lanes;
    const hotKeys = scatter.load?.hotKeys(HOT_SHARE, HOT_KEYS_MAX) ?? [];
    return { account, threadsMost, hotKeys, seconds, interrupted: stop.interrupted, resumed };
  } catch (error) {
    throw stop.failure?.error ?? error;
  } finally {
    scaling?.end();
    await reload?.close();
    hooks.interrupted.removeEventListener('abort', stop.interrupt);
    await lanes.close();
    await sources.close();
    await opening.then(
      output => output.close(),
      () => undefined,
    );
  }

  function onTraits(traits: HandlerTraits): void {
    present = traits;
    if (!traits.concurrent) return;
    pool.useReserve();
    lanes.takeMany(traits.inBatches);
    chunkSize.takeMany(traits.inBatches);
  }

  /** Lets the handler do what it has for the end of the inputs. */
  async function endAll(scatter: Scatter, output: Output): Promise<void> {
    scatter.settle();
    const { laneOfGroup } = scatter;
    if (laneOfGroup === undefined) return;
    try {
      await endKeys({ output, sources, account, lanes: lanes.lanes, laneOfGroup, stop });
    } catch (error) {
      stop.fail(error);
    }
  }

  /** Reads the sources until they end or reading is stopped, and scatters what they give. */
  async function readAll(feed: Feed, scatter: Scatter, inFlight: Handover<Gathered>): Promise<void> {
    try {
      for await (const fed of feed.all()) {
        // Between two chunks, all lanes may get another version of the handler.
        if (reload?.changing !== undefined) await reload.changing.catch(() => undefined);
        const { isHungry } = lanes;
        const isRefused = fed.kind !== 'chunk' || fed.chunk.refused !== undefined;
        const next = isRefused ? fed : timing(hooks.stopwatch, 'scatter', () => scatter.dispatch(fed));
        if (next.kind === 'dispatched') {
          chunkSize.watch(next, isHungry);
          reload?.follow(next);
        }
        inFlight.push(next);
      }
    } catch (error) {
      // What was read is still handled and committed; the run fails after that.
      stop.failure ??= { error };
    } finally {
      // A change that is under way is put out before the end; none comes after it, for "end" is the work of some version as well.
      await reload?.close();
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

/** The sources that the caller has opened, or those that the inputs name. */
async function findSources({ sources, inputs, reading }: RunOptions, hooks: RunHooks): Promise<Inputs> {
  if (sources !== undefined) return { specs: sources, discovery: undefined };
  return resolveInputs(inputs, reading, {
    tell: note => hooks.onNote?.(note),
    openTopic: (name, store) => TopicReader.open(realDisk, store ?? reading.store, name),
    ...(hooks.growing && { growing: hooks.growing }),
  });
}

/** Both results, or the first failure; but not before both have come to an end. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/** A handler that takes many events at once has them together when each lane has as many as it wants. */
function lingerOf(traits: () => HandlerTraits, lanes: LaneSet): LingerOptions {
  return {
    ms: () => traits().linger?.ms ?? 0,
    lines: () => (traits().linger?.events ?? 1) * (traits().key === undefined ? 1 : lanes.active),
  };
}
