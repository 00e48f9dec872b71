import type { BatchTask } from '../worker/protocol.ts';
import { piecesOf } from './course.ts';
import type { SampleChunk, SharedSample, Work } from './protocol.ts';

/** Goes through a sample, as often as is asked for, in batches that lie within one chunk each. */

/** A batch, and how many bytes it has. */
export interface Batch {
  readonly task: BatchTask;
  readonly lines: number;
  readonly bytes: number;
}

export class Walk {
  readonly #sample: SharedSample;
  readonly #nextStarts: readonly Int32Array[];
  #number = 0;

  constructor(sample: SharedSample) {
    this.#sample = sample;
    this.#nextStarts = sample.chunks.map(({ nextStarts }) => new Int32Array(nextStarts));
  }

  /** The batches for `work`, each of at most `batchLines` lines. */
  batches(work: Work, batchLines = Number.POSITIVE_INFINITY): Batch[] {
    return piecesOf(work, this.#sample.lines).flatMap(piece => this.#batchesOf(piece, batchLines));
  }

  #batchesOf({ first, lines }: { first: number; lines: number }, batchLines: number): Batch[] {
    const batches: Batch[] = [];
    let { at, line } = this.#find(first);
    for (let left = lines; left > 0; ) {
      const chunk = this.#sample.chunks[at]!;
      const count = Math.min(left, batchLines, chunk.lines - line);
      batches.push(this.#batch(at, chunk, line, count));
      left -= count;
      line += count;
      if (line === chunk.lines) {
        at = (at + 1) % this.#sample.chunks.length;
        line = 0;
      }
    }
    return batches;
  }

  #find(first: number): { at: number; line: number } {
    let line = first;
    for (const [at, chunk] of this.#sample.chunks.entries()) {
      if (line < chunk.lines) return { at, line };
      line -= chunk.lines;
    }
    throw new Error(`the sample has no line ${first}`);
  }

  #batch(at: number, { slot, base, from }: SampleChunk, line: number, lines: number): Batch {
    const nextStarts = this.#nextStarts[at]!;
    const start = line === 0 ? from : nextStarts[line - 1]!;
    const end = nextStarts[line + lines - 1]!;
    const range = { kind: 'range', from: start, to: end, line: 0 } as const;
    const { source } = this.#sample;
    const task = { slot, source, base, lines: range, number: ++this.#number, attempt: 1 };
    return { task, lines, bytes: end - start };
  }
}
