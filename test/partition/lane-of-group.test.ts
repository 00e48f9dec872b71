import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupOfHash, KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { LANES_MAX } from '../../src/kernel/line-table.ts';
import { murmur2 } from '../../src/kernel/murmur2.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { LaneOfGroup } from '../../src/partition/lane-of-group.ts';

/** The lanes of all groups, settled by `chunk`, in front of which stand `from` bytes that are no part of it. */
function settled(chunk: string, laneCount: number, from = 0): number[] {
  const bytes = Buffer.from(
    `${'{"k":"before"}\n'.padStart(from, ' ').slice(0, from)}${chunk}{"k":"behind"}\n`,
  );
  const laneOfGroup = new LaneOfGroup(parsePath('k'));
  laneOfGroup.settle(bytes, from, from + Buffer.byteLength(chunk), laneCount);
  return [...laneOfGroup.table];
}

function groupOf(key: string): number {
  return groupOfHash(murmur2(Buffer.from(key)));
}

describe('LaneOfGroup', () => {
  test('gives the group of the first key to lane 0, and the others round the lanes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: LANES_MAX }),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(0, 15),
        (laneCount, key, from) => {
          const lanes = settled(
            `{"x":1}\n\noops\n{"k":null}\n{"k":${JSON.stringify(key)}}\n{"k":"b"}\n`,
            laneCount,
            from,
          );
          const first = groupOf(key);
          expect(lanes[first]).toBe(0);
          for (let step = 0; step < KEY_GROUPS; step++) {
            expect(lanes[(first + step) % KEY_GROUPS]).toBe(step % laneCount);
          }
        },
      ),
    );
  });

  test('begins with group 0 where the first chunk has no key, and does not look beyond it', () => {
    for (const chunk of ['', '\n', '{"x":1}\n[1]\n']) {
      expect(settled(chunk, 7, 15)).toEqual(Array.from({ length: KEY_GROUPS }, (_, group) => group % 7));
    }
  });

  test('is settled by the first chunk, and stays as it is', () => {
    const laneOfGroup = new LaneOfGroup(parsePath('k'));
    const settle = (chunk: string): number[] => {
      laneOfGroup.settle(Buffer.from(chunk), 0, chunk.length, LANES_MAX);
      return [...laneOfGroup.table];
    };
    const first = settle('{"k":"one"}\n');
    expect(first[groupOf('one')]).toBe(0);
    expect(first[groupOf('two')]).not.toBe(0);
    expect(settle('{"k":"two"}\n')).toEqual(first);
  });
});
