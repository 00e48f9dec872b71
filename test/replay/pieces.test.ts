import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/kernel/path.ts';
import { FieldClock } from '../../src/replay/event-clock.ts';
import { type Piece, sourcePieces, topicPieces, WHOLE } from '../../src/replay/pieces.ts';
import { TimeRange, within } from '../../src/replay/range.ts';
import type { TopicReader } from '../../src/store/topic-reader.ts';
import { AT_START, type Source } from '../../src/source/contract.ts';

/** A source that gives `bytes` in pieces of these lengths, and then the rest. */
function sourceOf(bytes: Uint8Array, lengths: readonly number[]): Source {
  let at = 0;
  let reads = 0;
  return {
    start: AT_START,
    readable: () => undefined,
    read: async into => {
      if (at === bytes.length) return 'end';
      const length = Math.min(lengths[reads++] ?? bytes.length, into.length, bytes.length - at);
      into.set(bytes.subarray(at, at + length));
      at += length;
      return length;
    },
    positions: async () => ({}),
    close: async () => undefined,
  };
}

async function textOf(pieces: AsyncIterable<Piece>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const { bytes, from, to } of pieces) {
    expect(bytes[to - 1]).toBe(0x0a);
    parts.push(Buffer.from(bytes.slice(from, to)));
  }
  return Buffer.concat(parts).toString('latin1');
}

const reading = { stopped: new AbortController().signal, sizeBytes: undefined };
const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '{', '"'), maxLength: 12 }), {
  maxLength: 30,
});
const lengths = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 });

describe('sourcePieces', () => {
  test('gives the bytes of the source in whole lines, with a newline at the end', async () => {
    await fc.assert(
      fc.asyncProperty(lines, lengths, fc.boolean(), async (some, sizes, isEnded) => {
        const text = some.join('\n') + (isEnded && some.length > 0 ? '\n' : '');
        const expected = text === '' || text.endsWith('\n') ? text : `${text}\n`;
        expect(await textOf(sourcePieces(sourceOf(Buffer.from(text), sizes), reading))).toBe(expected);
      }),
    );
  });

  test('gives the lines from one number to before another', async () => {
    await fc.assert(
      fc.asyncProperty(lines, lengths, fc.nat(32), fc.nat(32), async (some, sizes, fromOffset, toOffset) => {
        const text = some.map(line => `${line}\n`).join('');
        const expected = some.slice(fromOffset, Math.max(fromOffset, toOffset)).map(line => `${line}\n`);
        const stretch = { ...WHOLE, fromOffset, toOffset: Math.max(fromOffset, toOffset) };
        const pieces = sourcePieces(sourceOf(Buffer.from(text), sizes), reading, stretch);
        expect(await textOf(pieces)).toBe(expected.join(''));
      }),
    );
  });

  test('leaves out a byte order mark', async () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}\n{}\n')]);
    expect(await textOf(sourcePieces(sourceOf(bytes, [1, 1, 1, 1, 1]), reading))).toBe('{}\n{}\n');
  });

  test('takes a line that is longer than what is read at once', async () => {
    const text = `${'x'.repeat(5_000_000)}\n${'y'.repeat(3)}\n`;
    const got = await textOf(sourcePieces(sourceOf(Buffer.from(text), []), reading));
    expect(got === text).toBe(true);
  });

  test('tells which share of the source lies before a piece, and before its end', async () => {
    const source = sourceOf(Buffer.from('{}\n{}\n{}\n{}'), [6, 6]);
    const shares: unknown[] = [];
    for await (const { share } of sourcePieces(source, { ...reading, sizeBytes: 11 })) shares.push(share);
    expect(shares).toEqual([
      [0, 6 / 11],
      [6 / 11, 9 / 11],
      [9 / 11, 1],
    ]);
  });
});

/** A topic of these frames, of which all that is used is there. */
function topicOf(
  frames: readonly { readonly text: string; readonly offset: number; readonly time: number }[],
): TopicReader {
  const all = frames.map(({ text, offset, time }) => {
    const events = text.split('\n').length - 1;
    return { bytes: Buffer.from(text), events, offset, time, sparse: /^\n|\n\n/.test(text) };
  });
  const last = all.at(-1)!;
  const reader = {
    state: { end: { offset: last.offset + last.events } },
    startOf: (offset: number) => offset || all[0]!.offset,
    async *frames(offset: number, fromTime: number) {
      for (const frame of all) {
        if (frame.offset + frame.events > offset && frame.time >= fromTime) yield frame;
      }
    },
  };
  return reader as unknown as TopicReader;
}

describe('topicPieces', () => {
  const topic = topicOf([
    { text: '5\n6\n', offset: 5, time: 100 },
    { text: '7\n\n9\n', offset: 7, time: 200 },
    { text: '\n\n', offset: 10, time: 300 },
    { text: '12\n', offset: 12, time: 400 },
  ]);

  test.each([
    [{}, '5\n6\n7\n9\n12\n'],
    [{ fromOffset: 6 }, '6\n7\n9\n12\n'],
    [{ fromOffset: 6, toOffset: 8 }, '6\n7\n'],
    [{ fromOffset: 8, toOffset: 9 }, ''],
    [{ fromMs: 150 }, '7\n9\n12\n'],
    [{ fromMs: 100, toMs: 200 }, '5\n6\n'],
    [{ toOffset: 99 }, '5\n6\n7\n9\n12\n'],
  ])('gives what is kept of %o', async (part, text) => {
    expect(await textOf(topicPieces(topic, { ...WHOLE, ...part }))).toBe(text);
  });

  test('counts the events of a frame where none is missing, and tells the share of the topic', async () => {
    const pieces: unknown[] = [];
    for await (const { events, share } of topicPieces(topic, WHOLE)) pieces.push([events, share]);
    expect(pieces).toEqual([
      [2, [0, 2 / 8]],
      [undefined, [2 / 8, 5 / 8]],
      [1, [7 / 8, 1]],
    ]);
  });
});

describe('within', () => {
  test('leaves the events of the range, also where times are in no order, and those without a time with the one before', async () => {
    const time = fc.option(fc.integer({ min: 0, max: 20 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(time, { maxLength: 30 }),
        fc.nat(20),
        fc.nat(20),
        lengths,
        async (times, a, b, sizes) => {
          const [fromMs, toMs] = [Math.min(a, b), Math.max(a, b)];
          const all = times.map((ts, n) => `{"n":${n},"ts":${ts}}\n`);
          let isInside = false;
          const expected = all.filter((_, n) => {
            const ts = times[n];
            if (ts !== null && ts !== undefined) isInside = ts >= fromMs && ts < toMs;
            return isInside;
          });
          const clock = new FieldClock(parsePath('ts'), 'ms');
          const pieces = sourcePieces(sourceOf(Buffer.from(all.join('')), sizes), reading);
          expect(await textOf(within(pieces, new TimeRange(fromMs, toMs), clock))).toBe(expected.join(''));
        },
      ),
    );
  });
});
