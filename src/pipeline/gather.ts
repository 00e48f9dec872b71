import type { Origin } from '../source/contract.ts';
import type { BatchResult } from '../worker/protocol.ts';
import type { ChunkPool } from './chunk-pool.ts';
import type { Fed } from './feed.ts';
import { ChunkMerge, type MergeOptions } from './merge.ts';
import type { HandlerChange } from './reload.ts';
import type { Dispatched, ReadChunk } from './scatter.ts';
import { type Stopwatch, timing } from './stopwatch.ts';
import type { SourceBook } from './source-book.ts';

/**
 * Puts the results of the lanes out in the order of the source.
 *
 * Chunks are awaited in the order in which they were dispatched; what belongs to one chunk is put out in one go,
 * without a pause, so that a commit always falls between two chunks.
 */

export interface GatherOptions extends MergeOptions {
  readonly pool: ChunkPool;
  readonly sources: SourceBook;
  readonly stopwatch?: Stopwatch | undefined;
}

/** What gather is given, in order; a chunk that no lane was given is a line that no handler may see. */
export type Gathered = Dispatched | Fed | HandlerChange;

export class Gather {
  readonly #options: GatherOptions;

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  /** Takes the next in order; gives its slot back. Rejects with MILLRACE_EVENT_FAILED where the run is to stop at it. */
  async take(next: Gathered): Promise<void> {
    const { output, sources, stopwatch } = this.#options;
    if (next.kind === 'source-end') {
      sources.finish(next.source);
      output.endSource();
      return;
    }
    if (next.kind === 'handler-change') {
      await output.useHandler(next.version);
      return;
    }
    const isTimed = stopwatch?.isOn === true;
    const beganMs = isTimed ? performance.now() : 0;
    const results = next.kind === 'chunk' ? [] : await next.results;
    if (isTimed) stopwatch.spent('wait', performance.now() - beganMs);
    const ready = output.ready();
    if (ready !== undefined) await ready;
    timing(stopwatch, 'gather', () => this.#putOut(next, results));
  }

  #putOut(next: Dispatched | ReadChunk, results: readonly BatchResult[]): void {
    const { output, sources, account, pool } = this.#options;
    const before = next.source.reached;
    const { spec, source } = next.source;
    const originOf = (line: number): Origin | undefined => source.originOf?.(line);
    const merge = new ChunkMerge(this.#options, next.chunk, spec.name, before.line, originOf);
    const { refused } = next.chunk;
    if (refused !== undefined) merge.refused(refused);
    else merge.lines(results);
    const { at, failed } = merge.outcome();
    account.bytesRead += at.offset - before.offset;
    sources.reach(next.source, at);
    output.endChunk(merge.written);
    pool.give(next.chunk.slot);
    if (failed !== undefined) throw failed;
  }
}
