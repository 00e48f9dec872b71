import { murmur2 } from './murmur2.ts';
import { decodeString, type PathScanner, ValueKind } from './scan.ts';

/**
 * From a key's bytes to its key group: `group = (murmur2(key bytes) & 0x7fffffff) % 256`, so that `group % P` is the
 * partition that Kafka would choose, for any P that is a power of two up to 256.
 */

export const KEY_GROUPS = 256;

/** No key: the event has no order, and any lane may take it. */
export const NO_GROUP = -1;

export function groupOfHash(hash: number): number {
  return (hash & 0x7fffffff) % KEY_GROUPS;
}

/** The key group of a key as text. */
export function groupOfKey(key: string): number {
  const bytes = Buffer.from(key);
  return groupOfHash(murmur2(bytes, 0, bytes.length));
}

/** The key group of the value that `scanner` found last in `bytes`, or NO_GROUP. */
export function groupOfScanned(scanner: PathScanner, bytes: Uint8Array): number {
  switch (scanner.kind) {
    case ValueKind.none:
      return NO_GROUP;
    case ValueKind.escapedString:
      return groupOfEscaped(bytes, scanner.valueStart, scanner.valueEnd);
    default:
      return groupOfHash(murmur2(bytes, scanner.valueStart, scanner.valueEnd));
  }
}

/** A key with escapes is the same key as one without: its text is hashed, not its spelling. */
function groupOfEscaped(bytes: Uint8Array, start: number, end: number): number {
  const text = decodeString(bytes, start, end);
  return text === undefined ? NO_GROUP : groupOfHash(murmur2(Buffer.from(text, 'utf8')));
}
