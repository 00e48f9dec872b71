import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Positions, Reached, Source, SourceSpec } from '../../src/source/contract.ts';

/**
 * What every source must do, whatever it is (see src/source/contract.ts).
 *
 * A new source is a new row in sources.test.ts: how one is made that gives certain bytes. What it cannot do it declares
 * with the reason, which stands in the test's name; the declaration is held to what the source does.
 */

/** A source of one kind that has certain bytes, for one test. */
export interface Subject {
  /** The source as a run finds it whose journal has these positions; called anew for each run. */
  readonly spec: (positions: Positions) => Promise<SourceSpec>;
  /** Brings about the end of the source, where that does not lie behind the last byte anyway. */
  readonly end?: () => Promise<void>;
  /** Ends what belongs to a run, as the end of the process does. */
  readonly leave?: () => Promise<void>;
  /** Gives up what the subject has open. */
  readonly dispose?: () => Promise<void>;
}

export interface SourceRow {
  readonly name: string;
  /** `directory` is empty, and removed after the test. */
  readonly make: (bytes: Buffer, directory: string) => Promise<Subject>;
  /** Why it cannot be tested here at all. */
  readonly unavailable?: string;
  /** What it cannot do, and why. */
  readonly cannot: Partial<Record<'resume' | 'unread' | 'quit' | 'part of a line', string>>;
}

const LINES = Buffer.from(Array.from({ length: 900 }, (_, at) => `{"line":${at}}\n`).join(''));
/** More than any buffer on the way, and not all of it text. */
const MANY = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * at) % 251));
const NEWLINE = 0x0a;

/** The bytes that a test begins with, of which a source that has no parts of lines gets whole lines. */
function bytesOf({ cannot }: SourceRow, bytes: Buffer): Buffer {
  const isWhole = cannot['part of a line'] === undefined || bytes.length === 0 || bytes.at(-1) === NEWLINE;
  return isWhole ? bytes : Buffer.concat([bytes, Buffer.from('\n')]);
}

export function sourceSuite(row: SourceRow): void {
  describe(row.name, () => {
    if (row.unavailable !== undefined) {
      test.skip(`is not tested: ${row.unavailable}`, () => undefined);
      return;
    }

    test.each([
      ['nothing', Buffer.alloc(0), 10],
      ['a byte', Buffer.from('x'), 10],
      ['lines, a few bytes at a time', LINES, 7],
      ['more than fits into any buffer', MANY, 1_000_000],
    ])('gives all bytes and then ends, as often as it is asked: %s', (_, some, pieceBytes) => {
      const bytes = bytesOf(row, some);
      return withSource(row, bytes, async (source, subject) => {
        expect(source.start).toEqual({ offset: 0, line: 0, unfinished: false });
        await subject.end?.();
        expectSame(await readAll(source, pieceBytes), bytes);
        for (let again = 0; again < 3; again++) {
          expect(source.readable()).toBeUndefined();
          expect(await source.read(new Uint8Array(5))).toBe('end');
        }
      });
    });

    test('writes nothing but what it says that it has read', () =>
      withSource(row, LINES, async source => {
        let at = 0;
        for (const length of [1, 2, 50, 1000]) {
          const whole = Buffer.alloc(2000, 0xaa);
          await waitFor(source);
          const read = await source.read(whole.subarray(500, 500 + length));
          expect(read).toBeGreaterThan(0);
          expect(read).toBeLessThanOrEqual(length);
          const bytes = LINES.subarray(at, at + Number(read));
          const expected = Buffer.alloc(2000, 0xaa);
          bytes.copy(expected, 500);
          // Behind what was read it may write what it likes, but within what it was given.
          expect(whole.subarray(0, 500 + bytes.length)).toEqual(expected.subarray(0, 500 + bytes.length));
          expect(whole.subarray(500 + length)).toEqual(expected.subarray(500 + length));
          at += bytes.length;
        }
      }));

    test('keeps all promises that it gives to who waits, also where it is asked again meanwhile', () =>
      withSource(row, bytesOf(row, MANY), async (source, subject) => {
        await subject.end?.();
        const given: Promise<void>[] = [];
        const into = new Uint8Array(64 * 1024);
        for (let length: number | 'end' = 0; length !== 'end'; length = await source.read(into)) {
          for (let wait = source.readable(); wait !== undefined; wait = source.readable()) {
            given.push(wait, source.readable() ?? Promise.resolve());
            await wait;
          }
        }
        await Promise.all(given);
      }));

    test('can be closed twice, before anything was read and in the middle', async () => {
      for (const pieces of [0, 3]) {
        await withSource(row, bytesOf(row, MANY), async source => {
          for (let piece = 0; piece < pieces; piece++) {
            await waitFor(source);
            await source.read(new Uint8Array(100));
          }
          await source.close();
          await source.close();
        });
      }
    });

    if (row.cannot.resume === undefined) resumes(row);
    else {
      test(`does not give again what was read: ${row.cannot.resume}`, () =>
        withSubject(row, LINES, async subject => {
          const spec = await subject.spec({});
          const source = await spec.open({});
          await readSome(source, LINES.length);
          const reached = { offset: LINES.length, line: 900, unfinished: false };
          const positions = spec.id === undefined ? {} : await source.positions(reached);
          await source.close();
          if (spec.id === undefined) return;
          // Only the numbers go on.
          await subject.leave?.();
          const again = await (await subject.spec(positions)).open(positions);
          expect(again.start).toEqual(reached);
          await again.close();
        }));
    }

    if (row.cannot.unread === undefined) rereads(row);
    else {
      test(`takes no bytes back: ${row.cannot.unread}`, () =>
        withSource(row, LINES, async source => expect(source.unread).toBeUndefined()));
    }

    if (row.cannot.quit === undefined) quits(row);
    else {
      test(`is not asked to quit: ${row.cannot.quit}`, () =>
        withSource(row, LINES, async source => expect(source.quit).toBeUndefined()));
    }
  });
}

function resumes(row: SourceRow): void {
  test('goes on from any position that it gave, exactly there', () =>
    withSubject(row, LINES, async subject => {
      const first = await subject.spec({});
      expect(first.id).toBeDefined();
      const source = await first.open({});
      await readSome(source, LINES.length);
      const journals: [Reached, string][] = [];
      for (const reached of placesIn(row)) {
        journals.push([reached, JSON.stringify(await source.positions(reached))]);
      }
      await source.close();
      await subject.leave?.();
      for (const [reached, journal] of journals) {
        const positions = JSON.parse(journal) as Positions;
        const spec = await subject.spec(positions);
        const again = await spec.open(positions);
        expect(again.start).toEqual(reached);
        const rest = await readSome(again, LINES.length - reached.offset);
        expectSame(rest, LINES.subarray(reached.offset));
        // What is reached by then is a position like any other.
        const reachedNow = { offset: LINES.length, line: 900, unfinished: false };
        expect(Object.keys(await again.positions(reachedNow))).toContain(spec.id);
        await again.close();
        await subject.leave?.();
      }
    }));
}

function rereads(row: SourceRow): void {
  test('gives bytes again that were taken back', () =>
    withSource(row, LINES, async (source, subject) => {
      await subject.end?.();
      const first = await readSome(source, 1000);
      source.unread!(400);
      const second = await readSome(source, 900);
      source.unread!(900);
      const rest = await readAll(source, 333);
      expectSame(first, LINES.subarray(0, 1000));
      expectSame(second, LINES.subarray(600, 1500));
      expectSame(rest, LINES.subarray(600));
    }));
}

function quits(row: SourceRow): void {
  test('that is asked to quit gives what it has taken in, and then ends', () =>
    withSource(row, LINES, async source => {
      const first = await readSome(source, 100);
      source.quit!();
      const all = Buffer.concat([first, await readAll(source, 99)]);
      expectSame(all, LINES.subarray(0, all.length));
      expect(await source.read(new Uint8Array(1))).toBe('end');
    }));

  test('that is asked to quit lets go who waits for it', () =>
    withSource(row, bytesOf(row, Buffer.from('x')), async source => {
      await readSome(source, bytesOf(row, Buffer.from('x')).length);
      const waiting = source.readable();
      source.quit!();
      await waiting;
      await readAll(source, 10);
    }));
}

/** Places to go on from: anywhere, or between two lines. */
function placesIn({ cannot }: SourceRow): Reached[] {
  const offsets = [0, 1, 13, 1023, 1024, 1025, 5000, LINES.length - 1, LINES.length];
  if (cannot['part of a line'] === undefined) {
    return offsets.map((offset, line) => ({ offset, line, unfinished: offset === 1 }));
  }
  return [0, 1, 2, 77, 500, 899, 900].map(line => {
    let offset = 0;
    for (let left = line; left > 0; left--) offset = LINES.indexOf(NEWLINE, offset) + 1;
    return { offset, line, unfinished: false };
  });
}

async function withSubject(
  row: SourceRow,
  bytes: Buffer,
  body: (subject: Subject) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-source-'));
  const subject = await row.make(bytes, directory);
  try {
    await body(subject);
  } finally {
    await subject.leave?.();
    await subject.dispose?.();
    await rm(directory, { recursive: true });
  }
}

function withSource(
  row: SourceRow,
  bytes: Buffer,
  body: (source: Source, subject: Subject) => Promise<void>,
): Promise<void> {
  return withSubject(row, bytes, async subject => {
    const spec = await subject.spec({});
    await spec.check();
    const source = await spec.open({});
    try {
      await body(source, subject);
    } finally {
      await source.close();
    }
  });
}

/** As `toEqual`, which takes long for many bytes. */
function expectSame(found: Buffer, expected: Buffer): void {
  expect(found.length).toBe(expected.length);
  expect(found.equals(expected)).toBe(true);
}

async function waitFor(source: Source): Promise<void> {
  for (let wait = source.readable(); wait !== undefined; wait = source.readable()) await wait;
}

async function readAll(source: Source, pieceBytes: number): Promise<Buffer> {
  const into = new Uint8Array(pieceBytes);
  const pieces: Buffer[] = [];
  for (;;) {
    await waitFor(source);
    const length = await source.read(into);
    if (length === 'end') return Buffer.concat(pieces);
    pieces.push(Buffer.from(into.subarray(0, length)));
  }
}

/** Exactly `bytes` of the source, which has not ended before. */
async function readSome(source: Source, bytes: number): Promise<Buffer> {
  const into = Buffer.alloc(bytes);
  for (let filled = 0; filled < bytes; ) {
    await waitFor(source);
    const length = await source.read(into.subarray(filled));
    if (length === 'end') throw new Error(`it has ended after ${filled} bytes`);
    filled += length;
  }
  return into;
}
