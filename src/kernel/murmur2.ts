/**
 * The 32-bit murmur2 of Kafka's default partitioner (org.apache.kafka.common.utils.Utils.murmur2; Austin Appleby's
 * MurmurHash2 with the seed 0x9747b28c), over `bytes[start..end)`. Returns a signed 32-bit integer.
 */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const m = 0x5bd1e995;
  const length = end - start;
  let h = 0x9747b28c ^ length;
  let at = start;
  for (const blocksEnd = start + (length & ~3); at < blocksEnd; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length & 3;
  if (rest === 3) h ^= bytes[at + 2]! << 16;
  if (rest >= 2) h ^= bytes[at + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[at]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
