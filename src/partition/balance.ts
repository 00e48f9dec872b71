/**
 * Spreads key groups over lanes by their measured loads, so that no lane has much more to do than the others, and few
 * groups move.
 *
 * What a lane has beyond its share is taken from it, the heaviest groups that fit into the excess first; all that was taken
 * is given, the heaviest first, to the lane with the least load: Graham, "Bounds on multiprocessing timing anomalies" (1969).
 */

/** What a lane keeps of its share: with exactly all of it, one of several equal groups would be too much to take. */
const ENOUGH = 0.99;

/** `loads` is by group, in any unit; the result is by group as well, and names lanes from 0 to before `lanes`. */
export function balance(
  laneOfGroup: Uint8Array,
  loads: ArrayLike<number>,
  lanes: number,
): Uint8Array<ArrayBuffer> {
  const next = Uint8Array.from(laneOfGroup);
  // Groups of which nothing is known weigh a little, so that they are spread as well.
  const total = sum(loads);
  const weight = (group: number): number => loads[group]! + (total === 0 ? 1 : (total / next.length) * 1e-3);
  const heaviestFirst = [...next.keys()].sort((a, b) => weight(b) - weight(a) || a - b);
  const perLane = new Float64Array(lanes);
  const taken: number[] = [];
  for (const group of heaviestFirst) {
    if (next[group]! < lanes) perLane[next[group]!]! += weight(group);
    else taken.push(group);
  }
  const share = heaviestFirst.reduce((all, group) => all + weight(group), 0) / lanes;
  for (const group of heaviestFirst) {
    const lane = next[group]!;
    if (lane >= lanes || perLane[lane]! - weight(group) < ENOUGH * share) continue;
    perLane[lane]! -= weight(group);
    taken.push(group);
  }
  for (const group of taken.sort((a, b) => weight(b) - weight(a) || a - b)) {
    const lane = perLane.indexOf(Math.min(...perLane));
    next[group] = lane;
    perLane[lane]! += weight(group);
  }
  return next;
}

/** The load of the busiest lane as a share of what each had if all had the same; 1 where there is no load. */
export function unevenness(laneOfGroup: Uint8Array, loads: ArrayLike<number>, lanes: number): number {
  const perLane = new Float64Array(lanes);
  for (const [group, lane] of laneOfGroup.entries()) perLane[Math.min(lane, lanes - 1)]! += loads[group]!;
  const total = sum(loads);
  return total === 0 ? 1 : Math.max(...perLane) / (total / lanes);
}

function sum(values: ArrayLike<number>): number {
  let all = 0;
  for (let i = 0; i < values.length; i++) all += values[i]!;
  return all;
}
