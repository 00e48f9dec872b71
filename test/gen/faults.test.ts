import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { SHAPES } from '../../src/gen/shapes.ts';
import { bytesOf, eventsOf, linesOf, specOf } from './made-events.ts';

const NEWLINE = 0x0a;

/** The lines as bytes: some are no UTF-8. */
function rawLines(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0, at = bytes.indexOf(NEWLINE); at >= 0; from = at + 1, at = bytes.indexOf(NEWLINE, from)) {
    lines.push(bytes.subarray(from, at));
  }
  return lines;
}

function isValid(line: Buffer): boolean {
  try {
    JSON.parse(line.toString('utf8'));
    return isUtf8(line);
  } catch {
    return false;
  }
}

describe.each(SHAPES.map(({ name }) => name))('spoilt events of "%s"', name => {
  test('are as many as they should be, and all others are what they would have been', () => {
    const lines = rawLines(bytesOf(specOf(name, { invalid: 0.2 }), 5000));
    const plain = linesOf(specOf(name), 5000);
    expect(lines.length).toBe(5000);
    const wrong: number[] = [];
    let invalid = 0;
    for (const [n, line] of lines.entries()) {
      if (line.toString('utf8') === plain[n]) continue;
      invalid++;
      if (isValid(line) || line.length === 0) wrong.push(n);
    }
    expect(wrong).toEqual([]);
    expect(invalid / 5000).toBeCloseTo(0.2, 1);
  });

  test('are all invalid where the share is 1', () => {
    expect(rawLines(bytesOf(specOf(name, { invalid: 1, bytes: 1 }), 2000)).filter(isValid)).toEqual([]);
  });
});

describe('late events', () => {
  interface Access {
    readonly ts: string;
    readonly id: number;
  }

  test('are earlier by no more than is said, and are no different otherwise', () => {
    const spec = specOf('access', { late: 0.1, lateByMs: 500 });
    const plain = eventsOf<Access>(specOf('access'), 10_000);
    const behind = eventsOf<Access>(spec, 10_000).map((event, n) => {
      expect({ ...event, ts: '' }).toEqual({ ...plain[n], ts: '' });
      return Date.parse(plain[n]!.ts) - Date.parse(event.ts);
    });
    const late = behind.filter(ms => ms > 0);
    expect(late.length / 10_000).toBeCloseTo(0.1, 1.5);
    expect(Math.min(...behind)).toBe(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(500);
    expect(Math.max(...late)).toBeGreaterThan(450);
  });

  test('are never before 1970', () => {
    const spec = specOf('access', { late: 1, lateByMs: 1e6, startMs: 0 });
    expect(eventsOf<Access>(spec, 50).every(({ ts }) => Date.parse(ts) >= 0)).toBe(true);
  });
});
