// Where the instance's own memory lies: every thread has an instance, and all share one memory, so nothing may stand at a
// fixed place. ../wasm.ts allots the place and writes the program behind it.

/** The beginning of this instance's memory. */
export let base: usize = 0;

/** What `scan`, `rescan` and `merge` tell besides their result, as u32 (../wasm.ts: Told). */
export const RESULTS: usize = 0;
/** For each key group its lane (u8), and bytes that the chunk at hand brings to each lane (u32). */
export const LANE_OF_GROUP: usize = 64;
export const LANE_BYTES: usize = 320;
/** 10^0 to 10^22, which a 64-bit float holds exactly. */
export const POWERS: usize = 1344;
/** Names of the open objects: a hash of each (u32), and its length, first and last bytes (u64 each). */
export const NAME_HASHES: usize = 1536;
export const NAMES: usize = 6144;
export const NAMES_MAX: i32 = 1024;
/** Members that lines commonly have, in the order in which they come (shape.ts). */
export const SHAPE: usize = 32768;
export const SHAPE_BYTES: usize = 12288;
/** The program: nodes of the trie, tests, texts. */
export const PROGRAM: usize = 45056;

export const POWER_MAX: i32 = 22;

export function setBase(at: usize): void {
  base = at;
  let power: f64 = 1;
  for (let exponent = 0; exponent <= POWER_MAX; exponent++) {
    store<f64>(base + POWERS + ((<usize>exponent) << 3), power);
    power *= 10;
  }
}
