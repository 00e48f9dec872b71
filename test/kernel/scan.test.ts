import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/kernel/path.ts';
import { decodeString, PathScanner, ValueKind, valueText } from '../../src/kernel/scan.ts';
import { someEvent, somePointer, someSpelling, walk, write } from './documents.ts';

const NEWLINE = 0x0a;

interface Found {
  readonly kind: number;
  readonly text: string | undefined;
  readonly end: number;
  readonly blank: boolean;
}

/** Scans all lines of `bytes`, which end in a newline. */
function scanAll(pointer: string, bytes: Uint8Array): Found[] {
  const scanner = new PathScanner(parsePath(pointer));
  const found: Found[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = scanner.scanLine(bytes, start);
    if (scanner.kind !== ValueKind.none) {
      expect(scanner.valueStart).toBeGreaterThanOrEqual(start);
      expect(scanner.valueEnd).toBeLessThanOrEqual(end);
      // A string that the line's end cuts off seems to lack one more character.
      expect(scanner.valueEnd).toBeGreaterThanOrEqual(scanner.valueStart - 1);
    }
    found.push({ kind: scanner.kind, text: valueText(scanner, bytes), end, blank: scanner.blank });
    start = end + 1;
  }
  return found;
}

function scan(pointer: string, line: string): string | undefined {
  return scanAll(pointer, Buffer.from(`${line}\n`))[0]!.text;
}

/** What the scanner must find in a line that JSON.parse accepts. */
function expectAsParsed(line: string, pointer: string, found: Found): void {
  const value = walk(
    JSON.parse(line),
    parsePath(pointer).segments.map(segment => segment.name),
  );
  if (value === undefined || value === null) expect(found.text).toBeUndefined();
  else if (typeof value === 'string') expect(found.text).toBe(value);
  else {
    expect(found.kind).toBe(ValueKind.other);
    expect(JSON.parse(found.text!)).toEqual(value);
  }
}

describe('PathScanner', () => {
  test('finds in every line what JSON.parse and a walk over own properties give', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(someEvent, someSpelling), { minLength: 1, maxLength: 4 }),
        somePointer,
        (events, pointer) => {
          const lines = events.map(([event, spelling]) => write(event, spelling));
          const found = scanAll(pointer, Buffer.from(lines.map(line => `${line}\n`).join('')));
          expect(found).toHaveLength(lines.length);
          for (const [at, line] of lines.entries()) expectAsParsed(line, pointer, found[at]!);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('stays inside a line that is damaged, and finds the next one whole', () => {
    const someDamage = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        someEvent,
        someSpelling,
        fc.array(someDamage, { minLength: 1, maxLength: 3 }),
        somePointer,
        (event, spelling, damages, pointer) => {
          let bytes: Uint8Array = Buffer.from(write(event, spelling));
          for (const { at, remove, insert } of damages) {
            const from = at % (bytes.length + 1);
            bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
          }
          const next = `{"other":[1,"x"],"${pointer.length}":{}}`;
          const all = Buffer.concat([bytes, Buffer.from(`\n${next}\n`)]);
          const found = scanAll(pointer, all);
          const newlines = [...all.keys()].filter(at => all[at] === NEWLINE);
          expect(found.map(({ end }) => end)).toEqual(newlines);
          expectAsParsed(next, pointer, found.at(-1)!);
          let start = 0;
          for (const [at, end] of newlines.entries()) {
            const line = all.subarray(start, end);
            if (isUtf8(line) && isJson(line.toString())) expectAsParsed(line.toString(), pointer, found[at]!);
            start = end + 1;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['/a', '{"a":1,"a":2}', '2'],
    ['/a/b', '{"a":{"b":1},"a":{}}', undefined],
    ['/a/b', '{"a":{"b":1},"a":5}', undefined],
    ['/a/b', '{"a":{"b":1,"b":2},"c":{"a":{"b":3}}}', '2'],
    ['/a', '{"b":{"a":1},"c":[{"a":2}]}', undefined],
    ['/a', '{"b":"\\"a\\":1,","a":"\\\\"}', '\\'],
    ['/a', '{"\\u0061":"\\ud83d\\ude00"}', '😀'],
    ['/é', '{"\\u00E9":1}', '1'],
    ['/a', '{"a":null}', undefined],
    ['/a', '{"a":"null"}', 'null'],
    ['/a', '{"a":nulls}', 'nulls'],
    ['/a', '{"a":""}', ''],
    ['/a', ' \t{ "a"\t:\r2230.0 }\r', '2230.0'],
    ['/a', '{"a":{"b":[1, {}]} }', '{"b":[1, {}]}'],
    ['/1', '[1,[2],3]', '[2]'],
    ['/1/0', '[1,["x"],3]', 'x'],
    ['/01', '[1,2]', undefined],
    ['/length', '[1,2]', undefined],
    ['/0', '{"0":"name"}', 'name'],
    ['/3', '[1,2]', undefined],
    ['/', '{"":"empty"}', 'empty'],
    ['/__proto__/x', '{"__proto__":{"x":1}}', '1'],
    ['/a', '"a"', undefined],
    ['/a', '5', undefined],
  ])('finds %s in %s', (pointer, line, expected) => {
    expect(scan(pointer, line)).toBe(expected);
  });

  test('calls a line blank that holds nothing but white space', () => {
    const lines = ['', ' \t\r', '0', ' x', '\u00a0', '\ufeff', '""'];
    const found = scanAll('/a', Buffer.from(lines.map(line => `${line}\n`).join('')));
    expect(found.map(({ blank }) => blank)).toEqual([true, true, false, false, false, false, false]);
  });

  test('walks a hundred thousand brackets without a stack', () => {
    const deep = `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"a":"found"}`;
    expect(scan('/a', deep)).toBe('found');
    expect(scan('/a', `{"x":${'{"a":'.repeat(100_000)}`)).toBeUndefined();
    expect(scan('/a', ']'.repeat(100_000))).toBeUndefined();
  });

  test('is where it was before, whatever the line before held', () => {
    const found = scanAll('/a', Buffer.from('{"a":"x\\n"}\n{"a":"\\\n{"a":"\n{"b":1}\n{"a":1}\n'));
    expect(found).toHaveLength(5);
    expect([0, 3, 4].map(at => found[at]!.text)).toEqual(['x\n', undefined, '1']);
  });
});

describe('decodeString', () => {
  test('gives the text between quotes, and nothing where it is not a JSON string', () => {
    const bytes = Buffer.from('a\\u00e9\\"|\\x|"|\t');
    expect(decodeString(bytes, 0, 9)).toBe('aé"');
    expect(decodeString(bytes, 10, 12)).toBeUndefined();
    expect(decodeString(bytes, 13, 14)).toBeUndefined();
    expect(decodeString(bytes, 15, 16)).toBeUndefined();
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
