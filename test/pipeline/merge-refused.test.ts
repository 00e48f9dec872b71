import { describe, expect, test } from 'vitest';
import type { Chunk } from '../../src/pipeline/chunk.ts';
import { placeOf, slotOf } from '../worker/slots.ts';
import { LINES_BEFORE, mergeOf } from './merges.ts';

/** A chunk without lines. */
const NOTHING: Chunk = {
  slot: { ...slotOf(placeOf('wasm')), index: 0 },
  from: 9,
  to: 9,
  base: 0,
  endOffset: 9,
  unfinished: false,
  refused: undefined,
};

describe('ChunkMerge, of a line that was refused', () => {
  test('names the place where the line stood first, if that was in another source', () => {
    const refused = {
      reason: 'line-too-long',
      excerpt: Buffer.from('1'),
      lengthBytes: 2000,
      offset: 900,
    } as const;
    const refusedChunk: Chunk = { ...NOTHING, endOffset: 2901, refused };
    const origin = { source: 'first.ndjson', line: 12, offset: 34 };
    for (const [originOf, place] of [
      [(line: number) => (line === LINES_BEFORE ? origin : undefined), origin],
      [() => undefined, { source: 'in.ndjson', line: LINES_BEFORE + 1, offset: 900 }],
    ] as const) {
      const { merge, output } = mergeOf('dead-letter', refusedChunk, originOf);
      merge.refused(refused);
      expect(output.letters.map(letter => JSON.parse(letter) as unknown)).toMatchObject([place]);
      // The position is that in the source that is read.
      const stopping = mergeOf('stop', refusedChunk, originOf).merge;
      stopping.refused(refused);
      expect(stopping.outcome().at.offset).toBe(900);
      expect(stopping.outcome().failed?.message).toContain(`"${place.source}" line ${place.line} `);
    }
  });

  test.each([
    ['line-too-long', 'the line is longer than 1000 bytes'],
    ['line-continued', 'the line goes on from one that was handled when it had no newline yet'],
  ] as const)('as %s makes a dead letter', (reason, message) => {
    const refused = { reason, excerpt: Buffer.from('"abc'), lengthBytes: 2000, offset: 900 };
    const refusedChunk: Chunk = { ...NOTHING, endOffset: 2901, refused };
    for (const onError of ['dead-letter', 'skip', 'stop'] as const) {
      const { merge, output, account } = mergeOf(onError, refusedChunk);
      merge.refused(refused);
      const stops = onError === 'stop';
      expect(merge.outcome().at).toEqual({
        offset: stops ? 900 : 2901,
        // What goes on from a line that was counted before is no new line.
        line: LINES_BEFORE + (stops || reason === 'line-continued' ? 0 : 1),
        unfinished: false,
      });
      expect(merge.outcome().failed?.code).toBe(stops ? 'MILLRACE_EVENT_FAILED' : undefined);
      expect(account).toMatchObject(stops ? { read: 0, dead: 0 } : { read: 1, dead: 1 });
      const line = LINES_BEFORE + (reason === 'line-continued' ? 0 : 1);
      const letter = {
        source: 'in.ndjson',
        line,
        offset: 900,
        reason,
        error: { message },
        eventBytes: 2000,
        event: '"abc',
      };
      const letters = output.letters.map(text => JSON.parse(text) as unknown);
      expect(letters).toEqual(onError === 'dead-letter' ? [letter] : []);
    }
  });

  test('as blank counts it, and no more', () => {
    const refused = { reason: 'blank', excerpt: Buffer.from('  '), lengthBytes: 2000, offset: 0 } as const;
    const { merge, output, account } = mergeOf('stop', { ...NOTHING, refused });
    merge.refused(refused);
    expect(account).toMatchObject({ read: 0, blank: 1, dead: 0 });
    expect([merge.outcome().at.line, merge.outcome().failed, output.letters]).toEqual([
      LINES_BEFORE + 1,
      undefined,
      [],
    ]);
  });
});
