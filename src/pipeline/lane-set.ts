import { BATCHES_PER_LANE, LANE_START_BYTES } from '../base/limits.ts';
import type { KeyedState } from '../base/keyed-state.ts';
import { groupOfKey } from '../kernel/key-group.ts';
import { Lane, type LaneOptions } from '../worker/lane.ts';
import { LaneThread } from '../worker/lane-thread.ts';
import { permitsMemory } from '../worker/permits.ts';
import { type HandlerFile, type HandlerTraits, type LaneSetup, Progress } from '../worker/protocol.ts';
import { CONCURRENCY_MAX } from '../worker/work-options.ts';
import type { RunOptions } from './run-options.ts';

/** Where several events are handled at the same time nobody is told when an event is begun, and so there may be room. */
const LOOK_MS = 5;

/** What all lanes share. */
type SharedSetup = Pick<LaneSetup, 'slots' | 'wasm' | 'handler'>;

/**
 * The lanes of a run, of which the first `active` are given work. A lane's thread is started when there is work for it; the
 * first one's at once, and others as well where there is so much to read that they will be needed.
 */
export class LaneSet {
  readonly lanes: readonly Lane[];
  /** How many lanes are given work; at least one. */
  active: number;
  /** The most threads that there were at the same time. */
  threadsMost = 0;
  readonly #range: RunOptions['workers'];
  #batchesMax = BATCHES_PER_LANE;
  readonly #options: Pick<LaneOptions, 'handlerName' | 'heapMiBMax'> & {
    readonly setup: Omit<LaneSetup, 'progress' | 'instance'>;
  };
  #whenIdle: (() => void) | undefined;
  readonly #onRoom: () => void;
  /** Whether to look again where there is no room, because not only a result makes some. */
  #looksAgain = false;
  #looking: NodeJS.Timeout | undefined;

  /** `onRoom` is called whenever `hasRoom` may have become true. */
  constructor(options: RunOptions, shared: SharedSetup, onRoom: () => void) {
    const { key, where, select, timeoutMs, lineBytesMax, heapMiBMax, workers } = options;
    const handlerName = options.handler ?? '';
    const stopAtDead = options.onError === 'stop';
    const rateClock = new SharedArrayBuffer(8);
    const permits = permitsMemory(CONCURRENCY_MAX);
    const own = {
      rateClock,
      permits,
      overrides: options.overrides,
      key,
      where,
      select,
      timeoutMs,
      lineBytesMax,
      stopAtDead,
      lanes: workers.max,
    };
    this.#onRoom = onRoom;
    this.#range = workers;
    this.active = Math.max(1, workers.min);
    this.#options = { handlerName, heapMiBMax, setup: { ...shared, ...own } };
    const onDone = (): void => {
      this.threadsMost = Math.max(this.threadsMost, this.threads);
      onRoom();
      if (this.#whenIdle !== undefined && this.isIdle) this.#whenIdle();
    };
    this.lanes = Array.from({ length: workers.max }, (_, index) => {
      const setup = { ...this.#options.setup, instance: index + 1 };
      return new Lane({ handlerName, heapMiBMax, setup, onRoom: onDone });
    });
  }

  /**
   * Says that the handler is called with several events at the same time. Lanes may have as many batches as there are slots for, as
   * long as all but a few are begun; where it takes several with one call, also of those that are not, so that a call has many.
   */
  takeMany(inBatches: boolean): void {
    if (inBatches) this.#batchesMax = Infinity;
    else this.#looksAgain = true;
  }

  /** Gives the lanes the state of the keys whose groups they own, before anything is run. */
  setState(state: KeyedState, laneOfGroup: Uint8Array): void {
    for (const [index, lane] of this.lanes.entries()) {
      const own = state.split(key => laneOfGroup[groupOfKey(key)] === index);
      if (!own.isEmpty) lane.hold(lane.addState(own.toBytes()));
    }
  }

  /** Starts what `inputBytes` are enough for; learns from the first thread what the handler says about itself. */
  start(inputBytes: number): Promise<HandlerTraits> {
    const { min, max } = this.#range;
    const worthwhile = 1 + Math.floor(inputBytes / LANE_START_BYTES);
    this.active = Math.max(1, min, Math.min(max, worthwhile));
    const [first, ...others] = this.lanes;
    const traits = first!.start();
    // What fails here fails again, and is told, when the lane is given something to do.
    for (const lane of others.slice(0, Math.min(this.active, worthwhile) - 1)) {
      lane.start().catch(() => undefined);
    }
    return traits;
  }

  /** The lanes that are given work. */
  get used(): readonly Lane[] {
    return this.active === this.lanes.length ? this.lanes : this.lanes.slice(0, this.active);
  }

  /** Lanes with a thread. */
  get threads(): number {
    return this.lanes.reduce((count, { started }) => count + (started ? 1 : 0), 0);
  }

  /**
   * Loads another version of the handler in a thread of its own, and ends that; rejects with MILLRACE_HANDLER_… where it cannot
   * be loaded. It has no part in the memory of the others.
   */
  async tryHandler(handler: HandlerFile): Promise<HandlerTraits> {
    const { setup, handlerName, heapMiBMax } = this.#options;
    const progress = new SharedArrayBuffer(Progress.fields * 4);
    const own = { ...setup, handler, slots: [], wasm: undefined, instance: 0, progress };
    const thread = await LaneThread.start({ setup: own, handlerName, heapMiBMax, state: [] });
    await thread.close();
    return thread.traits;
  }

  /** Lets all lanes use another version of the handler, when they have done what they were given; nothing may be added. */
  async use(handler: HandlerFile): Promise<void> {
    if (!this.isIdle) {
      await new Promise<void>(resolve => {
        this.#whenIdle = resolve;
      });
    }
    await Promise.all(this.lanes.map(lane => lane.use(handler)));
  }

  /** Whether some lane would not have to let a further batch wait for long. */
  get hasRoom(): boolean {
    const hasRoom = this.used.some(lane => lane.waiting < this.#batchesMax);
    if (!hasRoom && this.#looksAgain) {
      this.#looking ??= setTimeout(() => {
        this.#looking = undefined;
        this.#onRoom();
      }, LOOK_MS).unref();
    }
    return hasRoom;
  }

  /** Whether the handler was called with every event that the lanes were given. */
  get isHungry(): boolean {
    return this.used.every(lane => lane.waiting === 0);
  }

  /** Whether no lane has anything to do. */
  get isIdle(): boolean {
    return this.lanes.every(lane => lane.outstanding.count === 0);
  }

  /** The lane with the least to do; a thread that runs and has nothing to do comes before one that must be started. */
  freest(): Lane {
    let best = this.lanes[0]!;
    for (const lane of this.used) {
      const less = lane.waiting - best.waiting || lane.outstanding.count - best.outstanding.count;
      if (less < 0 || (less === 0 && lane.started && !best.started)) best = lane;
    }
    return best;
  }

  /** Ends the threads of all lanes from number `from` on that have nothing to do. */
  rest(from: number): void {
    for (const lane of this.lanes.slice(from)) {
      if (lane.started && lane.outstanding.count === 0) void lane.rest();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#looking);
    await Promise.all(this.lanes.map(lane => lane.close()));
  }
}
