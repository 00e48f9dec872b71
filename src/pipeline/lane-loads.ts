import { leastLoaded } from '../kernel/least-loaded.ts';
import type { LaneSet } from './lane-set.ts';

/**
 * What the lanes of a run with a key have to do, in bytes of lines: events that lack the key go where the least is to be done.
 *
 * Scans run ahead of what is known: of a chunk that is being scanned all bytes are taken to go to one lane, until it is known
 * where they do. So of many small chunks in flight each goes to a lane of its own.
 */

/** More than any chunk has: so a lane that is given no work is never the one with the least. */
const AT_REST = 2 ** 31;
const BYTES_MAX = 2 ** 30;

export class LaneLoads {
  readonly #lanes: LaneSet;
  readonly #bytes: number[];

  constructor(lanes: LaneSet) {
    this.#lanes = lanes;
    this.#bytes = lanes.lanes.map(() => 0);
  }

  /** What a scan is to know of each lane. Where several have nothing to do, one that has a thread comes first. */
  forScan(): Uint32Array {
    const { active, lanes } = this.#lanes;
    return Uint32Array.from(this.#bytes, (bytes, lane) => {
      if (lane >= active) return AT_REST;
      return Math.min(BYTES_MAX, bytes) + (lanes[lane]!.started ? 0 : 1);
    });
  }

  /** Takes a chunk of so many bytes for one that goes to the lane with the least to do by `loads`, until `known` is settled. */
  expect(bytes: number, loads: Uint32Array, known: Promise<unknown>): void {
    this.add(leastLoaded(loads), bytes, known);
  }

  /** Adds what a lane has been given, until it is `done`, well or not. */
  add(lane: number, bytes: number, done: Promise<unknown>): void {
    this.#bytes[lane]! += bytes;
    const take = (): void => {
      this.#bytes[lane]! -= bytes;
    };
    done.then(take, take);
  }
}
