import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupOfHash, groupOfScanned, KEY_GROUPS, NO_GROUP } from '../../src/kernel/key-group.ts';
import { murmur2 } from '../../src/kernel/murmur2.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { PathScanner } from '../../src/kernel/scan.ts';
import { someSpelling, write } from './documents.ts';

const scanner = new PathScanner(parsePath('k'));

/** The group of the key in `{"k":<json>}`. */
function groupOf(json: string): number {
  const bytes = Buffer.from(`{"k":${json}}\n`);
  scanner.scanLine(bytes, 0);
  return groupOfScanned(scanner, bytes);
}

describe('a key group', () => {
  test('modulo a power of two is the partition that Kafka chooses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(8), (key, power) => {
        const hash = murmur2(Buffer.from(key));
        const partitions = 2 ** power;
        expect(groupOfHash(hash)).toBeLessThan(KEY_GROUPS);
        expect(groupOfHash(hash) % partitions).toBe((hash & 0x7fffffff) % partitions);
        expect(groupOf(JSON.stringify(key)) % partitions).toBe((hash & 0x7fffffff) % partitions);
      }),
    );
  });

  test('does not depend on how the key is spelt', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), someSpelling, (text, spelling) => {
        expect(groupOf(write({ kind: 'string', text }, spelling))).toBe(groupOf(JSON.stringify(text)));
      }),
    );
  });

  test('is the same for a number and for its text, for these are one key', () => {
    expect(groupOf('1')).toBe(groupOf('"1"'));
    expect(groupOf('true')).toBe(groupOf('"true"'));
    expect(groupOf('9223372036854775807')).toBe(groupOf('"9223372036854775807"'));
    expect(groupOf('1')).not.toBe(groupOf('1.0'));
  });

  test('is none where there is no key, or it is null', () => {
    expect(groupOf('null')).toBe(NO_GROUP);
    expect(groupOf('""')).toBe(groupOfHash(murmur2(new Uint8Array(0))));
    const bytes = Buffer.from('{"a":1}\n');
    scanner.scanLine(bytes, 0);
    expect(groupOfScanned(scanner, bytes)).toBe(NO_GROUP);
  });
});
