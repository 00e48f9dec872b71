import type { KeyedState } from '../base/keyed-state.ts';
import { parsePath } from '../kernel/path.ts';
import { LaneOfGroup } from '../partition/lane-of-group.ts';
import type { BatchResult, ScanResult } from '../worker/protocol.ts';
import type { Chunk } from './chunks.ts';
import type { Fed } from './feed.ts';
import type { LaneSet } from './lane-set.ts';
import type { OpenSource } from './source-book.ts';

/**
 * Hands the lines of a chunk to the lanes: whole to the freest one where there is no key, else each line to the lane
 * that owns its key group. The bytes stay where they are; what crosses are positions.
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
  readonly dispatch: (read: ReadChunk) => Dispatched;
}

/**
 * `key` is the path of the key, or undefined for a run without order by key; `laneOfGroup` what the lanes see; `state` that
 * of all keys at the start.
 */
export function createScatter(
  key: string | undefined,
  lanes: LaneSet,
  laneOfGroup: SharedArrayBuffer,
  state?: KeyedState,
): Scatter {
  if (key === undefined) return new WholeScatter(lanes);
  return new KeyScatter(lanes, new LaneOfGroup(laneOfGroup, lanes.lanes.length, parsePath(key)), state);
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
}

class KeyScatter implements Scatter {
  readonly #lanes: LaneSet;
  readonly #laneOfGroup: LaneOfGroup;
  #state: KeyedState | undefined;
  /** When the chunk before has been handed out: lanes get their lines in the order of the chunks. */
  #handedOut: Promise<unknown> = Promise.resolve();

  constructor(lanes: LaneSet, laneOfGroup: LaneOfGroup, state: KeyedState | undefined) {
    this.#lanes = lanes;
    this.#state = state;
    this.#laneOfGroup = laneOfGroup;
  }

  dispatch(read: ReadChunk): Dispatched {
    const { slot, from, to } = read.chunk;
    if (this.#laneOfGroup.settle(slot.bytes, from, to) && this.#state !== undefined) {
      this.#lanes.setState(this.#state, this.#laneOfGroup.table);
      this.#state = undefined;
    }
    const scanned = this.#lanes.freest().scan({ slot: slot.index, from, to });
    scanned.catch(() => undefined);
    const before = this.#handedOut;
    const parts = (async () => {
      await before;
      return this.#handOut(read, await scanned);
    })();
    this.#handedOut = parts.catch(() => undefined);
    return dispatched(read, this.#resultsOf(parts));
  }

  /** Gives every lane its lines; not to be interrupted. */
  #handOut({ chunk, source: { spec } }: ReadChunk, scanned: ScanResult): Promise<readonly BatchResult[]>[] {
    const { slot, base } = chunk;
    const source = spec.name;
    const { lines: to, text, records, recordsTo, laneBytes } = scanned;
    // Lines that no lane has to look at are lines of the chunk too.
    const parts: Promise<readonly BatchResult[]>[] = [Promise.resolve([nothingDone(to)])];
    for (const [lane, own] of this.#lanes.lanes.entries()) {
      if (laneBytes[lane] === 0) continue;
      const lines = { kind: 'listed', lane, from: 0, to, text, records, recordsTo } as const;
      const part = own.run({ slot: slot.index, source, base, lines });
      part.catch(() => undefined);
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
