import type { KeyedState } from '../base/keyed-state.ts';
import { groupOfKey } from '../kernel/key-group.ts';

/** The state of a lane's keys, when key groups move to other lanes. */
export interface SplitState {
  /** What moves, by lane: changes that lead to it. */
  readonly moved: ReadonlyMap<number, Uint8Array>;
  /** What is left. */
  readonly kept: Uint8Array;
}

/** Takes the keys out of `state` whose groups are not lane number `own`'s by `laneOfGroup`; undefined leaves all of them. */
export function splitByLane(state: KeyedState, laneOfGroup: Uint8Array | undefined, own: number): SplitState {
  const moved = new Map<number, Uint8Array>();
  for (const lane of new Set(laneOfGroup)) {
    if (lane === own) continue;
    const lost = state.split(key => laneOfGroup![groupOfKey(key)] === lane);
    if (!lost.isEmpty) moved.set(lane, lost.toBytes());
  }
  return { moved, kept: state.toBytes() };
}
