import { isAscii, isUtf8 } from 'node:buffer';
import { parsePath } from '../kernel/path.ts';
import { Assigner } from '../partition/assigner.ts';
import type { Lane } from '../worker/lane.ts';
import type { Batch, BatchResult, TextKind } from '../worker/protocol.ts';
import type { ChunkPool } from './chunk-pool.ts';
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

/** `key` is the path of the key, or undefined for a run without order by key. */
export function createScatter(key: string | undefined, lanes: LaneSet, pool: ChunkPool): Scatter {
  if (key === undefined) return new WholeScatter(lanes);
  return new KeyScatter(new Assigner(parsePath(key), lanes.lanes.length, pool.memory), lanes);
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
  readonly #assigner: Assigner;
  readonly #lanes: readonly Lane[];

  constructor(assigner: Assigner, lanes: LaneSet) {
    this.#assigner = assigner;
    this.#lanes = lanes.lanes;
  }

  dispatch(chunk: Chunk, source: number): Dispatched {
    const { slot, base, from, to } = chunk;
    const lines = this.#assigner.assign(slot, from, to);
    const { laneBytes } = this.#assigner;
    const text = textKind(chunk);
    const parts: Part[] = [];
    for (const [number, lane] of this.#lanes.entries()) {
      if (laneBytes[number] === 0) continue;
      const own = { kind: 'listed', lane: number, from: 0, to: lines } as const;
      parts.push(send(lane, number, { slot: slot.index, source, base, text, lines: own }));
    }
    return { kind: 'scattered', chunk, source, lines, parts };
  }
}
