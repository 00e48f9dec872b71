import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLine, openLines, sealLine } from '../../src/store/record.ts';

const SECTOR_BYTES = 512;

/** What a line can hold: an object with a member, as JSON has it. */
const content = fc
  .dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 })
  .map(value => JSON.parse(JSON.stringify(value)) as object)
  .filter(value => Object.keys(value).length > 0 && !('crc' in value));

/** Lines as they follow one another in a file, from its start. */
function sealAll(contents: readonly object[]): Buffer {
  let crc = 0;
  return Buffer.concat(
    contents.map(value => {
      const line = sealLine(value, crc);
      ({ crc } = line);
      return line.bytes;
    }),
  );
}

/** Where the last of the lines begins. */
function lastLineOf(bytes: Buffer): number {
  return bytes.lastIndexOf(0x0a, bytes.length - 2) + 1;
}

const lines = fc.array(content, { minLength: 1, maxLength: 5 });

describe('openLine', () => {
  it('gives back what sealLine was given', () => {
    fc.assert(
      fc.property(content, fc.nat(), (value, previous) => {
        const { bytes, crc } = sealLine(value, previous);
        expect(openLine(bytes.subarray(0, -1), previous)).toEqual({ content: value, crc });
      }),
    );
  });

  it('gives undefined for a line whose predecessor is another', () => {
    const { bytes } = sealLine({ seq: 1 }, 7);
    expect(openLine(bytes.subarray(0, -1), 8)).toBeUndefined();
  });

  it('gives undefined for a line that is shorter than a checksum, or empty', () => {
    for (const text of ['', '{', '"crc":"00000000"}', ',"crc":"00000000"}']) {
      expect(openLine(Buffer.from(text), 0)).toBeUndefined();
    }
  });
});

describe('openLines', () => {
  it('opens all lines of a whole file, and tells where they end and with which checksum', () => {
    fc.assert(
      fc.property(lines, contents => {
        const bytes = sealAll(contents);
        const opened = openLines(bytes);
        expect(opened).toMatchObject({ contents, bytes: bytes.length, end: 'clean' });
        const next = sealLine({ next: true }, opened.crc);
        expect(openLines(Buffer.concat([bytes, next.bytes])).contents).toEqual([...contents, { next: true }]);
      }),
    );
  });

  it('calls the end torn where the last line was cut off anywhere, and keeps the lines before it', () => {
    fc.assert(
      fc.property(lines, fc.nat(), (contents, at) => {
        const whole = sealAll(contents);
        const start = lastLineOf(whole);
        const cut = start + 1 + (at % (whole.length - start - 1));
        const opened = openLines(whole.subarray(0, cut));
        expect(opened).toMatchObject({ contents: contents.slice(0, -1), bytes: start, end: 'torn' });
      }),
    );
  });

  it('calls the end torn where sectors of the last line were never written and read as zeros', () => {
    fc.assert(
      fc.property(lines, fc.nat({ max: 2000 }), fc.nat(), (contents, padding, choice) => {
        const whole = sealAll([...contents, { padding: 'x'.repeat(padding) }]);
        const start = lastLineOf(whole);
        const first = Math.floor(start / SECTOR_BYTES);
        const sectors = Math.ceil(whole.length / SECTOR_BYTES) - first;
        const sector = first + (choice % sectors);
        const from = Math.max(start, sector * SECTOR_BYTES);
        whole.fill(0, from, Math.min(whole.length, (sector + 1) * SECTOR_BYTES));
        expect(openLines(whole)).toMatchObject({ contents, bytes: start, end: 'torn' });
      }),
    );
  });

  it('finds the same where the lines begin inside a file, with its sectors', () => {
    const whole = sealAll([{ first: 'x'.repeat(300) }, { second: 'y'.repeat(700) }]);
    const start = lastLineOf(whole);
    const { crc } = openLines(whole.subarray(0, start));
    whole.fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES);
    expect(openLines(whole.subarray(start), crc, start).end).toBe('torn');
    // Where the sectors of the file lie elsewhere, the same zeros are no sector.
    expect(openLines(whole.subarray(start), crc, start + 1).end).toBe('damaged');
  });

  it('calls it damage where one bit of any line is another, the newline at its end included', () => {
    fc.assert(
      fc.property(lines, fc.nat(), (contents, choice) => {
        const bytes = sealAll(contents);
        const bit = choice % (bytes.length * 8);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const opened = openLines(bytes);
        expect(opened.end).toBe('damaged');
        expect(opened.contents).toEqual(contents.slice(0, opened.contents.length));
        expect(opened.contents.length).toBeLessThan(contents.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('calls it damage where a line lacks its end but another one follows', () => {
    const [first, second] = [sealLine({ seq: 1 }, 0), sealLine({ seq: 2 }, 0)];
    const bytes = Buffer.concat([first.bytes.subarray(0, 5), Buffer.from('\n'), second.bytes]);
    expect(openLines(bytes)).toMatchObject({ contents: [], bytes: 0, end: 'damaged' });
  });

  it('calls it damage where a line in the middle reads as zeros: it was synced before the next was written', () => {
    const bytes = sealAll([{ seq: 1 }, { seq: 2, padding: 'x'.repeat(1500) }, { seq: 3 }]);
    bytes.fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES);
    expect(openLines(bytes)).toMatchObject({ contents: [{ seq: 1 }], end: 'damaged' });
  });
});
