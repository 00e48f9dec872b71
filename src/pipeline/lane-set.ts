import { BATCHES_PER_LANE, LANE_START_BYTES } from '../base/limits.ts';
import { Lane } from '../worker/lane.ts';
import type { KeyedState } from '../base/keyed-state.ts';
import { groupOfKey } from '../kernel/key-group.ts';
import type { HandlerTraits, LaneSetup } from '../worker/protocol.ts';
import type { RunOptions } from './run-options.ts';

/** What all lanes share. */
type SharedSetup = Pick<LaneSetup, 'slots' | 'wasm' | 'laneOfGroup' | 'handler'>;

/**
 * The lanes of a run. A lane's thread is started when there is work for it; the first one's at once, and others as well where
 * there is so much to read that they will be needed.
 */
export class LaneSet {
  readonly lanes: readonly Lane[];
  #batchesMax = BATCHES_PER_LANE;

  /** `onRoom` is called whenever `hasRoom` may have become true. */
  constructor(options: RunOptions, shared: SharedSetup, onRoom: () => void) {
    const { key, where, select, timeoutMs, lineBytesMax, heapMiBMax, workers } = options;
    const handlerName = options.handler ?? '';
    const stopAtDead = options.onError === 'stop';
    const rateClock = new SharedArrayBuffer(8);
    const own = {
      rateClock,
      overrides: options.overrides,
      key,
      where,
      select,
      timeoutMs,
      lineBytesMax,
      stopAtDead,
      lanes: workers,
    };
    this.lanes = Array.from({ length: workers }, (_, index) => {
      const setup = { ...shared, ...own, instance: index + 1 };
      return new Lane({ setup, handlerName, heapMiBMax, onRoom });
    });
  }

  /** Lets each lane have as many batches as there are slots for. */
  takeMany(): void {
    this.#batchesMax = Infinity;
  }

  /** Gives the lanes the state of the keys whose groups they own, before anything is run. */
  setState(state: KeyedState, laneOfGroup: Uint8Array): void {
    for (const [index, lane] of this.lanes.entries()) {
      const own = state.split(key => laneOfGroup[groupOfKey(key)] === index);
      // A thread that fails to start is told of when it is given something to do.
      lane.addState(own.toBytes()).catch(() => undefined);
    }
  }

  /** Starts what `inputBytes` are enough for; learns from the first thread what the handler says about itself. */
  start(inputBytes: number): Promise<HandlerTraits> {
    const [first, ...others] = this.lanes;
    const traits = first!.start();
    // What fails here fails again, and is told, when the lane is given something to do.
    for (const lane of others.slice(0, Math.floor(inputBytes / LANE_START_BYTES))) {
      lane.start().catch(() => undefined);
    }
    return traits;
  }

  /** Whether some lane would not have to let a further batch wait for long. */
  get hasRoom(): boolean {
    return this.lanes.some(lane => lane.outstanding < this.#batchesMax);
  }

  /** The lane with the least to do; a thread that runs and has nothing to do comes before one that must be started. */
  freest(): Lane {
    let best = this.lanes[0]!;
    for (const lane of this.lanes) {
      const less = lane.outstanding - best.outstanding;
      if (less < 0 || (less === 0 && lane.started && !best.started)) best = lane;
    }
    return best;
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map(lane => lane.close()));
  }
}
