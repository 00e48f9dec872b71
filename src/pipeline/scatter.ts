import { isAscii, isUtf8 } from 'node:buffer';
import { BLANK } from '../kernel/line-table.ts';
import type { ValuePath } from '../kernel/path.ts';
import { PathScanner } from '../kernel/scan.ts';
import { groupOfScanned, LaneTable, NO_GROUP } from '../partition/key-groups.ts';
import type { Lane } from '../worker/lane.ts';
import type { Batch, BatchResult, TextKind } from '../worker/protocol.ts';
import type { Chunk } from './chunks.ts';
import type { LaneSet } from './lane-set.ts';

/**
 * Hands the lines of a chunk to the lanes: whole to the freest one where there is no key, else each line to the lane
 * that owns its key group. The bytes stay where they are; what crosses are positions.
 */

/** A chunk on its way through the lanes. */
export interface Dispatched {
  /** Whether one lane has all lines as they stand, or each has those that the slot's table gives it. */
  readonly kind: 'whole' | 'scattered';
  readonly chunk: Chunk;
  readonly source: number;
  /** Lines in the table; 0 for a whole chunk, whose lines its lane finds. */
  readonly lines: number;
  readonly parts: readonly Part[];
}

/** What one lane has of a chunk. */
export interface Part {
  /** The lane's number, as it stands in the table. */
  readonly number: number;
  readonly lane: Lane;
  readonly results: Promise<readonly BatchResult[]>;
}

export interface Scatter {
  readonly dispatch: (chunk: Chunk, source: number) => Dispatched;
}

/** `path` is where the key is, or undefined for a run without order by key. */
export function createScatter(path: ValuePath | undefined, lanes: LaneSet): Scatter {
  return path === undefined ? new WholeScatter(lanes) : new KeyScatter(path, lanes);
}

function textKind(chunk: Chunk): TextKind {
  const bytes = chunk.slot.bytes.subarray(chunk.from, chunk.to);
  if (isAscii(bytes)) return 'ascii';
  return isUtf8(bytes) ? 'utf8' : 'bytes';
}

function send(lane: Lane, number: number, batch: Batch): Part {
  const results = lane.run(batch);
  // Whoever gathers will see the failure; until then nobody may be looking.
  results.catch(() => undefined);
  return { number, lane, results };
}

class WholeScatter implements Scatter {
  readonly #lanes: LaneSet;

  constructor(lanes: LaneSet) {
    this.#lanes = lanes;
  }

  dispatch(chunk: Chunk, source: number): Dispatched {
    const { slot, base, from, to } = chunk;
    const lines = { kind: 'range', from, to } as const;
    const batch = { slot: slot.index, source, base, text: textKind(chunk), lines };
    return { kind: 'whole', chunk, source, lines: 0, parts: [send(this.#lanes.freest(), 0, batch)] };
  }
}

class KeyScatter implements Scatter {
  readonly #scanner: PathScanner;
  readonly #lanes: readonly Lane[];
  readonly #laneOfGroup: LaneTable;
  /** Bytes that the chunk at hand brings to each lane. */
  readonly #laneBytes: Float64Array;

  constructor(path: ValuePath, lanes: LaneSet) {
    this.#scanner = new PathScanner(path);
    this.#lanes = lanes.lanes;
    this.#laneOfGroup = new LaneTable(lanes.lanes.length);
    this.#laneBytes = new Float64Array(lanes.lanes.length);
  }

  dispatch(chunk: Chunk, source: number): Dispatched {
    const { slot, base } = chunk;
    const lines = this.#assign(chunk);
    const text = textKind(chunk);
    const parts: Part[] = [];
    for (const [number, lane] of this.#lanes.entries()) {
      if (this.#laneBytes[number] === 0) continue;
      const own = { kind: 'listed', lane: number, from: 0, to: lines } as const;
      parts.push(send(lane, number, { slot: slot.index, source, base, text, lines: own }));
    }
    return { kind: 'scattered', chunk, source, lines, parts };
  }

  /** Writes each line's bounds and lane into the slot's table; returns the number of lines. */
  #assign(chunk: Chunk): number {
    const { bytes, table } = chunk.slot;
    const { starts, ends, lanes } = table;
    const scanner = this.#scanner;
    const laneBytes = this.#laneBytes.fill(0);
    let line = 0;
    for (let start = chunk.from; start < chunk.to; line++) {
      const end = scanner.scanLine(bytes, start);
      starts[line] = start;
      ends[line] = end;
      if (scanner.blank) {
        lanes[line] = BLANK;
      } else {
        const group = groupOfScanned(scanner, bytes);
        const lane = group === NO_GROUP ? this.#leastLoaded() : this.#laneOfGroup.laneOf(group);
        lanes[line] = lane;
        laneBytes[lane]! += end - start;
      }
      start = end + 1;
    }
    return line;
  }

  /** An event without a key can go anywhere: where this chunk has brought the fewest bytes. */
  #leastLoaded(): number {
    let best = 0;
    for (let lane = 1; lane < this.#laneBytes.length; lane++) {
      if (this.#laneBytes[lane]! < this.#laneBytes[best]!) best = lane;
    }
    return best;
  }
}
