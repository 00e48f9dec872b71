import { MillraceError } from '../base/errors.ts';
import type { LaneThread } from './lane-thread.ts';
import { splitByLane } from './split-state.ts';
import { StateChanges } from './state-changes.ts';

/**
 * The state of a lane's keys, as the main thread knows it: all changes whose results have come. It is what a new thread
 * begins with, and what other lanes are given when key groups move.
 */

/** What the state has to know of its lane. */
export interface StateOwner {
  /** The thread that the lane has, told by its generation from those before it. */
  readonly current: () => { readonly thread: Promise<LaneThread>; readonly generation: number } | undefined;
  /** Whether the thread is at several batches at the same time. */
  readonly isConcurrent: () => boolean;
  /** The number of the last task that the lane was given, and one for a further task. */
  readonly tasks: () => number;
  readonly number: () => number;
  /** Told that the thread is gone: puts another in its place if there is something to do. */
  readonly gone: (error: unknown) => Promise<void>;
}

export class LaneState {
  readonly #own: number;
  readonly #lane: StateOwner;
  readonly #changes = new StateChanges();
  #isPuttingTogether = false;

  /** `own` is the lane's number. */
  constructor(own: number, lane: StateOwner) {
    this.#own = own;
    this.#lane = lane;
  }

  /** Adds the changes that the task with this number has made. */
  add(changes: Uint8Array, task: number): void {
    this.#changes.add(changes, task);
    if (this.#changes.areLong && !this.#isPuttingTogether) void this.#putTogether();
  }

  /**
   * Adds changes that come from other lanes. They get their number at the moment at which the thread is told of them: so all
   * with a lower number than a later request to the thread has are in what it answers.
   */
  async addFromOutside(changes: Uint8Array): Promise<void> {
    const thread = await this.#presentThread();
    this.#changes.add(changes, this.#lane.number());
    // Should the thread be gone by now, the next one begins with all of them.
    await thread?.addState([changes]).catch(() => undefined);
  }

  get isEmpty(): boolean {
    return this.#changes.isEmpty;
  }

  all(): readonly Uint8Array[] {
    return this.#changes.all();
  }

  /**
   * Takes the keys out whose groups are not this lane's by `laneOfGroup`, here and in the thread; gives them by lane. All
   * results of their events must have come.
   */
  async split(laneOfGroup: Uint8Array): Promise<ReadonlyMap<number, Uint8Array>> {
    if (this.#changes.isEmpty) return new Map();
    // In a thread that is at several batches, the state is in part that of results to come.
    if (this.#lane.isConcurrent() || this.#lane.current() === undefined) {
      const { moved, kept } = splitByLane(this.#changes.toState(), laneOfGroup, this.#own);
      this.#changes.replace(kept, this.#lane.tasks());
      await this.#splitThread(laneOfGroup);
      return moved;
    }
    const moved = await this.#splitThread(laneOfGroup, kept => this.#changes.replace(kept.bytes, kept.task));
    return moved ?? this.split(laneOfGroup);
  }

  /** The thread, once it is started; undefined where there is none, or it cannot be started. */
  async #presentThread(): Promise<LaneThread | undefined> {
    for (;;) {
      const current = this.#lane.current();
      const thread = await current?.thread.catch(() => undefined);
      if (this.#lane.current()?.generation === current?.generation) return thread;
    }
  }

  /** The same in the thread alone; undefined where there is none. */
  async #splitThread(
    laneOfGroup: Uint8Array,
    onKept?: (kept: { bytes: Uint8Array; task: number }) => void,
  ): Promise<ReadonlyMap<number, Uint8Array> | undefined> {
    for (;;) {
      const current = this.#lane.current();
      if (current === undefined) return undefined;
      const isStill = (): boolean => this.#lane.current()?.generation === current.generation;
      try {
        const thread = await current.thread;
        const task = this.#lane.tasks();
        const { moved, kept } = await thread.splitState(laneOfGroup);
        if (!isStill()) continue;
        onKept?.({ bytes: kept, task });
        return moved;
      } catch (error) {
        if (error instanceof MillraceError) throw error;
        if (isStill()) await this.#lane.gone(error);
      }
    }
  }

  /** The thread has the state as a whole; where it is at several batches, it is made here. */
  async #putTogether(): Promise<void> {
    const changes = this.#changes;
    const current = this.#lane.current();
    if (this.#lane.isConcurrent() || current === undefined) {
      changes.replace(changes.toState().toBytes(), this.#lane.tasks());
      return;
    }
    this.#isPuttingTogether = true;
    try {
      const thread = await current.thread;
      // All that was given to the thread so far will be in it.
      const task = this.#lane.tasks();
      const { kept } = await thread.splitState(undefined);
      if (this.#lane.current()?.generation === current.generation) changes.replace(kept, task);
    } catch {
      // The thread is gone; whoever waits for its batches finds out.
    } finally {
      this.#isPuttingTogether = false;
    }
  }
}
