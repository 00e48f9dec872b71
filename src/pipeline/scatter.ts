import { isAscii, isUtf8 } from 'node:buffer';
import { PathScanner } from '../kernel/scan.ts';
import type { ValuePath } from '../kernel/path.ts';
import { groupOfScanned, LaneTable, NO_GROUP } from '../partition/key-groups.ts';
import type { Lane } from '../worker/lane.ts';
import type { Batch, BatchResult, TextKind } from '../worker/protocol.ts';
import type { Chunk } from './chunks.ts';
import { BLANK } from './lane-limits.ts';
import type { LaneSet } from './lane-set.ts';

/**
 * Hands the lines of a chunk to the lanes: whole to the freest one where there is no key, else each line to the lane
 * that owns its key group. The bytes stay where they are; what crosses are positions.
 */

/** A chunk on its way through the lanes. */
export type Dispatched = WholeChunk | ScatteredChunk;

export interface WholeChunk {
  readonly kind: 'whole';
  readonly chunk: Chunk;
  readonly source: number;
  readonly part: Part;
}

export interface ScatteredChunk {
  readonly kind: 'scattered';
  readonly chunk: Chunk;
  readonly source: number;
  readonly parts: readonly Part[];
  readonly lines: number;
  /** For each line the part that has it, or BLANK. */
  readonly partOfLine: Uint8Array;
  /** For each line its start and the position of its newline, in turn. */
  readonly bounds: Int32Array;
}

export interface Part {
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

function send(lane: Lane, batch: Batch): Part {
  const results = lane.run(batch);
  // Whoever gathers will see the failure; until then nobody may be looking.
  results.catch(() => undefined);
  return { lane, results };
}

class WholeScatter implements Scatter {
  readonly #lanes: LaneSet;

  constructor(lanes: LaneSet) {
    this.#lanes = lanes;
  }

  dispatch(chunk: Chunk, source: number): WholeChunk {
    const { slot, base, from, to } = chunk;
    const lines = { kind: 'range', from, to } as const;
    const part = send(this.#lanes.freest(), { slot: slot.index, source, base, text: textKind(chunk), lines });
    return { kind: 'whole', chunk, source, part };
  }
}

class KeyScatter implements Scatter {
  readonly #scanner: PathScanner;
  readonly #lanes: readonly Lane[];
  readonly #table: LaneTable;
  /** Work space, as large as the longest chunk so far needed. */
  #laneOfLine = new Uint8Array(1024);
  #bounds: Int32Array<ArrayBuffer> = new Int32Array(2048);
  readonly #laneBounds: Int32Array<ArrayBuffer>[];
  readonly #laneLengths: Int32Array;
  readonly #laneBytes: Float64Array;

  constructor(path: ValuePath, lanes: LaneSet) {
    this.#scanner = new PathScanner(path);
    this.#lanes = lanes.lanes;
    this.#table = new LaneTable(lanes.lanes.length);
    this.#laneBounds = this.#lanes.map(() => new Int32Array(2048));
    this.#laneLengths = new Int32Array(this.#lanes.length);
    this.#laneBytes = new Float64Array(this.#lanes.length);
  }

  dispatch(chunk: Chunk, source: number): ScatteredChunk {
    const lines = this.#assign(chunk);
    const partOfLane = new Uint8Array(this.#lanes.length);
    const parts: Part[] = [];
    const text = textKind(chunk);
    for (const [index, lane] of this.#lanes.entries()) {
      const length = this.#laneLengths[index]!;
      if (length === 0) continue;
      const bounds = this.#laneBounds[index]!.slice(0, length);
      partOfLane[index] = parts.length;
      parts.push(send(lane, { slot: chunk.slot.index, source, base: chunk.base, text, lines: { kind: 'listed', bounds } }));
    }
    const partOfLine = this.#laneOfLine.slice(0, lines);
    for (let line = 0; line < lines; line++) {
      const lane = partOfLine[line]!;
      if (lane !== BLANK) partOfLine[line] = partOfLane[lane]!;
    }
    return { kind: 'scattered', chunk, source, parts, lines, partOfLine, bounds: this.#bounds.slice(0, lines * 2) };
  }

  /** Finds each line's lane; returns the number of lines. */
  #assign(chunk: Chunk): number {
    const { bytes } = chunk.slot;
    const scanner = this.#scanner;
    this.#laneLengths.fill(0);
    this.#laneBytes.fill(0);
    let line = 0;
    for (let start = chunk.from; start < chunk.to; line++) {
      const end = scanner.scanLine(bytes, start);
      if (line === this.#laneOfLine.length) this.#growLines();
      this.#bounds[line * 2] = start;
      this.#bounds[line * 2 + 1] = end;
      if (scanner.blank) {
        this.#laneOfLine[line] = BLANK;
      } else {
        const group = groupOfScanned(scanner, bytes);
        const lane = group === NO_GROUP ? this.#leastLoaded() : this.#table.laneOf(group);
        this.#laneOfLine[line] = lane;
        this.#addTo(lane, start, end);
      }
      start = end + 1;
    }
    return line;
  }

  #addTo(lane: number, start: number, end: number): void {
    let bounds = this.#laneBounds[lane]!;
    const at = this.#laneLengths[lane]!;
    if (at === bounds.length) {
      bounds = grown(bounds);
      this.#laneBounds[lane] = bounds;
    }
    bounds[at] = start;
    bounds[at + 1] = end;
    this.#laneLengths[lane] = at + 2;
    this.#laneBytes[lane]! += end - start;
  }

  /** An event without a key can go anywhere: where this chunk has brought the fewest bytes. */
  #leastLoaded(): number {
    let best = 0;
    for (let lane = 1; lane < this.#laneBytes.length; lane++) {
      if (this.#laneBytes[lane]! < this.#laneBytes[best]!) best = lane;
    }
    return best;
  }

  #growLines(): void {
    const larger = new Uint8Array(this.#laneOfLine.length * 2);
    larger.set(this.#laneOfLine);
    this.#laneOfLine = larger;
    this.#bounds = grown(this.#bounds);
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
