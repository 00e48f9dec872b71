/**
 * The lane that an event without a key goes to, which may go anywhere: the first one of those that have the least to do.
 * assembly/scan.ts does the same.
 */
export function leastLoaded(laneBytes: Uint32Array): number {
  let least = 0;
  for (let lane = 1; lane < laneBytes.length; lane++) if (laneBytes[lane]! < laneBytes[least]!) least = lane;
  return least;
}
