/** Whole numbers from 0 to just below `below`. */
export type Draw = (below: number) => number;

/** The same numbers for the same seed on every machine, by the generator known as mulberry32. */
export function randomNumbers(seed: number): Draw {
  let state = seed | 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One of `items`. */
export function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[draw(items.length)]!;
}
