import { availableParallelism } from 'node:os';
import { KEY_GROUPS } from '../kernel/key-group.ts';
import { balance, unevenness } from '../partition/balance.ts';
import type { LaneSet } from './lane-set.ts';
import type { RunOptions } from './run-options.ts';
import { ScalePolicy } from './scale-policy.ts';
import type { Scatter } from './scatter.ts';

/**
 * Follows the load of a run: gives work to more or fewer lanes, ends threads that have nothing to do, and moves key groups
 * from lanes that have much to do to others.
 */

/** Time between two looks. */
const LOOK_MS = 100;
/** The same where lanes and groups change by chance, as often as they can. */
const SHUFFLE_MS = 1;
const REST_PROBABILITY = 0.005;
/** Looks between two at the balance. */
const BALANCE_LOOKS = 10;
/** Groups are moved where the busiest lane has so many times its share, and would have so much less of that. */
const UNEVEN = 1.25;
const GAIN = 0.9;
/** Samples below which nothing is known of the balance. */
const SAMPLES_MIN = 256;

export interface ScalingOptions {
  readonly lanes: LaneSet;
  readonly range: RunOptions['workers'];
  readonly scatter: Scatter;
  /** Whether reading waits for a slot, or for lanes to have done something. */
  readonly isHeldBack: () => boolean;
}

export class Scaling {
  readonly #options: ScalingOptions;
  readonly #policy: ScalePolicy;
  readonly #timer: NodeJS.Timeout;
  #looks = 0;
  #target: number;
  #occupiedMs = 0;
  #processorMs = 0;
  #atMs = performance.now();

  constructor(options: ScalingOptions) {
    this.#options = options;
    const { min, max } = options.range;
    this.#policy = new ScalePolicy(min, max);
    this.#target = options.lanes.active;
    this.#timer = setInterval(() => this.look(), options.range.isShuffled ? SHUFFLE_MS : LOOK_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Looks at the load once. */
  look(): void {
    const { lanes, range } = this.#options;
    if (range.isShuffled) return this.#shuffle();
    this.#scale();
    if (++this.#looks % BALANCE_LOOKS === 0) this.#balance();
    if (this.#target === 0 && lanes.isIdle) lanes.rest(0);
    else lanes.rest(lanes.active);
  }

  #scale(): void {
    const { lanes, range, isHeldBack } = this.#options;
    if (range.min === range.max) return;
    const now = performance.now();
    const windowMs = Math.max(1, now - this.#atMs);
    const occupiedMs = lanes.lanes.reduce((sum, lane) => sum + lane.outstanding.occupiedMs, 0);
    const { user, system } = process.cpuUsage();
    const processorMs = (user + system) / 1000;
    const load = {
      occupied: Math.min(1, (occupiedMs - this.#occupiedMs) / windowMs / lanes.active),
      isHeldBack: isHeldBack(),
      processor: (processorMs - this.#processorMs) / windowMs / availableParallelism(),
    };
    this.#atMs = now;
    this.#occupiedMs = occupiedMs;
    this.#processorMs = processorMs;
    const next = this.#policy.next(this.#target, load);
    if (next === this.#target || !this.#spreadOver(Math.max(1, next))) return;
    this.#target = next;
  }

  /** Gives work to so many lanes from the next chunk on; false where that must wait. */
  #spreadOver(count: number): boolean {
    const { lanes, scatter } = this.#options;
    const { laneOfGroup, load } = scatter;
    if (laneOfGroup !== undefined && !scatter.change(balance(laneOfGroup, load!.groups, count))) return false;
    lanes.active = count;
    return true;
  }

  #balance(): void {
    const { lanes, scatter } = this.#options;
    const { laneOfGroup, load } = scatter;
    if (laneOfGroup === undefined || load === undefined) return;
    const { groups } = load;
    const samples = groups.reduce((sum, count) => sum + count, 0);
    const { active } = lanes;
    const now = unevenness(laneOfGroup, groups, active);
    if (samples >= SAMPLES_MIN && now > UNEVEN) {
      const next = balance(laneOfGroup, groups, active);
      if (unevenness(next, groups, active) < GAIN * now) scatter.change(next);
    }
    load.age();
  }

  #shuffle(): void {
    const { lanes, scatter, range } = this.#options;
    const count = 1 + Math.floor(Math.random() * range.max);
    const anyLane = Uint8Array.from({ length: KEY_GROUPS }, () => Math.floor(Math.random() * count));
    if (scatter.change(anyLane)) lanes.active = count;
    lanes.rest(Math.random() < REST_PROBABILITY ? 0 : count);
  }
}
