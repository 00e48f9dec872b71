import type { KeyedState } from '../base/keyed-state.ts';
import { parsePath } from '../kernel/path.ts';
import { KeyLoad } from '../partition/key-load.ts';
import { LaneOfGroup } from '../partition/lane-of-group.ts';
import type { BatchResult, ScanResult } from '../worker/protocol.ts';
import type { Chunk } from './chunk.ts';
import type { Fed } from './feed.ts';
import { LaneLoads } from './lane-loads.ts';
import type { LaneSet } from './lane-set.ts';
import type { OpenSource } from './source-book.ts';

/**
 * Hands the lines of a chunk to the lanes: whole to the freest one where there is no key, else each line to the lane
 * that owns its key group, and those that lack the key to whoever has the least to do. The bytes stay where they are; what
 * crosses are positions.
 *
 * Where there is a key, some lane first scans the chunk: that takes more time than anything else that is done for all
 * lines in one place, and any lane can do it.
 */

/** A chunk on its way through the lanes. */
export interface Dispatched {
  readonly kind: 'dispatched';
  readonly chunk: Chunk;
  readonly source: OpenSource;
  /** What the lanes made of it, as soon as all are done. */
  readonly results: Promise<readonly BatchResult[]>;
}

/** A chunk and the source that it is of. */
export type ReadChunk = Extract<Fed, { readonly kind: 'chunk' }>;

export interface Scatter {
  /** Gives the lanes the state of their keys where no chunk has come; then what `laneOfGroup` says stays so. */
  readonly settle: () => void;
  readonly dispatch: (read: ReadChunk) => Dispatched;
  /** How the keys are spread, undefined where there is none. */
  readonly load: KeyLoad | undefined;
  /** For each key group its lane, as of the chunk that was dispatched last; undefined where there is no key. */
  readonly laneOfGroup: Uint8Array | undefined;
  /**
   * Gives the groups to these lanes from the next chunk on; false where an earlier change is not done. Where there is no key,
   * the freest lane is taken anyway.
   */
  readonly change: (laneOfGroup: Uint8Array) => boolean;
}

/**
 * `key` is the path of the key, or undefined for a run without order by key; `state` that of all keys at the start.
 */
export function createScatter(key: string | undefined, lanes: LaneSet, state?: KeyedState): Scatter {
  if (key === undefined) return new WholeScatter(lanes);
  return new KeyScatter(lanes, new LaneOfGroup(parsePath(key)), state);
}

/** The result for a chunk of `lines` lines, as far as none of them has to be handled. */
function nothingDone(lines: number): BatchResult {
  return {
    linesTo: lines,
    dead: [],
    overflow: [],
    emitted: [],
    state: undefined,
    ways: { inPart: 0, whole: 0 },
    busyMs: 0,
  };
}

function dispatched({ chunk, source }: ReadChunk, results: Promise<readonly BatchResult[]>): Dispatched {
  // Whoever gathers will see the failure; until then nobody may be looking.
  results.catch(() => undefined);
  return { kind: 'dispatched', chunk, source, results };
}

class WholeScatter implements Scatter {
  readonly load = undefined;
  readonly laneOfGroup = undefined;
  readonly #lanes: LaneSet;

  constructor(lanes: LaneSet) {
    this.#lanes = lanes;
  }

  dispatch(read: ReadChunk): Dispatched {
    const { slot, base, from, to } = read.chunk;
    const source = read.source.spec.name;
    const lines = { kind: 'range', from, to, line: 0 } as const;
    return dispatched(read, this.#lanes.freest().run({ slot: slot.index, source, base, lines }));
  }

  settle(): void {
    // There are no keys.
  }

  change(): boolean {
    return true;
  }
}

const NO_BYTES = new Uint8Array(0);

class KeyScatter implements Scatter {
  readonly load = new KeyLoad();
  readonly #lanes: LaneSet;
  readonly #laneOfGroup: LaneOfGroup;
  readonly #loads: LaneLoads;
  #state: KeyedState | undefined;
  /** When the chunk before has been handed out: lanes get their lines in the order of the chunks. */
  #handedOut: Promise<unknown> = Promise.resolve();
  /** The lanes that the groups are to have from the next chunk on. */
  #next: Uint8Array | undefined;
  #isMoving = false;

  constructor(lanes: LaneSet, laneOfGroup: LaneOfGroup, state: KeyedState | undefined) {
    this.#lanes = lanes;
    this.#state = state;
    this.#laneOfGroup = laneOfGroup;
    this.#loads = new LaneLoads(lanes);
  }

  get laneOfGroup(): Uint8Array {
    return this.#laneOfGroup.table;
  }

  change(laneOfGroup: Uint8Array): boolean {
    if (this.#isMoving) return false;
    this.#next = laneOfGroup;
    return true;
  }

  dispatch(read: ReadChunk): Dispatched {
    const { slot, from, to } = read.chunk;
    this.settle(slot.bytes, from, to);
    const moving = this.#takeNext();
    const laneOfGroup = this.laneOfGroup;
    const loads = this.#loads.forScan();
    const scanned = this.#lanes.freest().scan({ slot: slot.index, from, to, laneOfGroup, loads });
    scanned.catch(() => undefined);
    const before = this.#handedOut;
    const parts = (async () => {
      await before;
      // All batches of earlier chunks were given to their lanes, and none of this one.
      if (moving !== undefined) this.#move(moving, laneOfGroup);
      return this.#handOut(read, await scanned);
    })();
    this.#handedOut = parts.catch(() => undefined);
    this.#loads.expect(to - from, loads, parts);
    return dispatched(read, this.#resultsOf(parts));
  }

  /** At the first chunk: says which lane has which group, and gives the lanes the state of their keys. */
  settle(bytes: Uint8Array = NO_BYTES, from = 0, to = 0): void {
    if (!this.#laneOfGroup.settle(bytes, from, to, this.#lanes.active)) return;
    this.#next = undefined;
    if (this.#state !== undefined) this.#lanes.setState(this.#state, this.laneOfGroup);
    this.#state = undefined;
  }

  /** Begins a change: the chunk at hand is scanned by the new table. Gives the old one. */
  #takeNext(): Uint8Array | undefined {
    const old = this.laneOfGroup;
    if (this.#next === undefined) return undefined;
    this.#laneOfGroup.table = this.#next;
    this.#next = undefined;
    this.#isMoving = true;
    return old;
  }

  /**
   * Moves groups to other lanes, with their state: a lane that gets some waits with its next batches until those that had
   * them have done the last ones of theirs. All others go on.
   */
  #move(old: Uint8Array, now: Uint8Array): void {
    const { lanes } = this.#lanes;
    const arrivals = new Map<number, Set<Promise<ReadonlyMap<number, Uint8Array>>>>();
    const given = new Map<number, Promise<ReadonlyMap<number, Uint8Array>>>();
    for (const [group, from] of old.entries()) {
      const to = now[group]!;
      if (to === from) continue;
      let giving = given.get(from);
      if (giving === undefined) given.set(from, (giving = lanes[from]!.giveState(now)));
      arrivals.set(to, (arrivals.get(to) ?? new Set()).add(giving));
    }
    const moves = [...arrivals].map(([to, givings]) => {
      const lane = lanes[to]!;
      const arrived = Promise.all(
        [...givings].map(async giving => {
          const state = (await giving).get(to);
          if (state !== undefined) await lane.addState(state);
        }),
      );
      lane.hold(arrived);
      return arrived;
    });
    // A move that fails does so for the lane that waits for it.
    void Promise.allSettled(moves).then(() => {
      this.#isMoving = false;
    });
  }

  /** Gives every lane its lines; not to be interrupted. */
  #handOut({ chunk, source: { spec } }: ReadChunk, scanned: ScanResult): Promise<readonly BatchResult[]>[] {
    const { slot, base } = chunk;
    const source = spec.name;
    const { lines: to, text, records, recordsTo, laneBytes, keys, groups } = scanned;
    this.load.add(keys, groups);
    // Lines that no lane has to look at are lines of the chunk too.
    const parts: Promise<readonly BatchResult[]>[] = [Promise.resolve([nothingDone(to)])];
    for (const [lane, own] of this.#lanes.lanes.entries()) {
      if (laneBytes[lane] === 0) continue;
      const lines = { kind: 'listed', lane, from: 0, to, text, records, recordsTo } as const;
      const part = own.run({ slot: slot.index, source, base, lines });
      this.#loads.add(lane, laneBytes[lane]!, part);
      parts.push(part);
    }
    return parts;
  }

  async #resultsOf(
    handedOut: Promise<readonly Promise<readonly BatchResult[]>[]>,
  ): Promise<readonly BatchResult[]> {
    const parts = await Promise.all(await handedOut);
    return parts.flat();
  }
}
