import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTopic, type SealedRow, type TopicState } from '../../src/store/job-state.ts';
import { bytesOnDisk, earliestKept, type Retention } from '../../src/store/retention.ts';

const NOW = 1_000_000;

/** A topic of sealed segments with these events, bytes and last times, and a last segment of 5 events and 50 bytes. */
function topicOf(
  ...segments: readonly (readonly [events: number, bytes: number, time: number])[]
): TopicState {
  let offset = 0;
  const sealed = segments.map(([events, bytes, time]): SealedRow => {
    const row = [offset, bytes, events, '00000000', time - 1, time] as const;
    offset += events;
    return row;
  });
  const end = { segment: offset, bytes: 50, offset: offset + 5, crc: '00000000' };
  return { ...emptyTopic(), sealed, end };
}

const TOPIC = topicOf([10, 100, NOW - 3000], [10, 100, NOW - 2000], [10, 100, NOW - 1000]);
const kept = (retention: Retention, topic = TOPIC): number => earliestKept(topic, retention, NOW);

describe('earliestKept', () => {
  it('keeps everything where there is no limit, and where there is nothing', () => {
    expect(kept({})).toBe(0);
    expect(kept({ ageMs: 1, bytes: 1, events: 1 }, emptyTopic())).toBe(0);
  });

  it('gives up the segments whose last event is older than the age, and no other', () => {
    expect([3001, 3000, 2999, 2000, 1999, 999, 0].map(ageMs => kept({ ageMs }))).toEqual([
      0, 0, 10, 10, 20, 30, 30,
    ]);
  });

  it('keeps the last events up to the number, and no segment more than it must', () => {
    expect([36, 35, 26, 25, 24, 16, 15, 6, 5, 1].map(events => kept({ events }))).toEqual([
      0, 0, 0, 10, 10, 10, 20, 20, 30, 30,
    ]);
  });

  it('counts by size what is on the disk: compressed segments as they are', () => {
    expect([351, 350, 251, 250, 150, 149, 51, 50].map(bytes => kept({ bytes }))).toEqual([
      0, 0, 0, 10, 20, 20, 20, 30,
    ]);
    const packed = TOPIC.sealed.map(
      (row): SealedRow => [row[0], row[1], row[2], row[3], row[4], row[5], { gzip: 10 }],
    );
    expect(
      [81, 80, 71, 70, 61, 60, 51, 50].map(bytes => kept({ bytes }, { ...TOPIC, sealed: packed })),
    ).toEqual([0, 0, 0, 10, 10, 20, 20, 30]);
  });

  it('gives up what lies beyond any of several limits', () => {
    expect(kept({ ageMs: 2500, events: 1000 })).toBe(10);
    expect(kept({ ageMs: 10_000, events: 15 })).toBe(20);
  });

  it('never gives up the last segment, nor anything that a limit names', () => {
    const segment = fc.tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 0, max: NOW }),
    );
    const limit = fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(segment), limit, limit, limit, (segments, ageMs, bytes, events) => {
        const topic = topicOf(...segments);
        const retention = { ...(ageMs && { ageMs }), ...(bytes && { bytes }), ...(events && { events }) };
        const earliest = kept(retention, topic);
        const gone = topic.sealed.filter(([of]) => of < earliest);
        const left = topic.sealed.filter(([of]) => of >= earliest);
        expect(earliest).toBe(gone.length === 0 ? 0 : (left[0]?.[0] ?? topic.end.segment));
        const size = left.reduce((sum, row) => sum + bytesOnDisk(row), topic.end.bytes);
        const isNeeded = (row: SealedRow): boolean =>
          row[5] >= NOW - (ageMs ?? Infinity) &&
          size < (bytes ?? Infinity) &&
          topic.end.offset - earliest < (events ?? Infinity);
        // The last that went was beyond a limit when all before it had gone.
        if (gone.length > 0) expect(isNeeded(gone.at(-1)!)).toBe(false);
        // What is left first is within all of them.
        const [first] = left;
        if (first === undefined) return;
        const after = size - bytesOnDisk(first);
        expect(
          first[5] >= NOW - (ageMs ?? Infinity) &&
            after < (bytes ?? Infinity) &&
            topic.end.offset - first[0] - first[2] < (events ?? Infinity),
        ).toBe(true);
      }),
    );
  });
});
