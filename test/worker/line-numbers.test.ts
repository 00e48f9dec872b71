import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { LineNumbers } from '../../src/worker/line-numbers.ts';
import { type Document, someEvent, someName, someSpelling, write } from '../kernel/documents.ts';
import { referenceNumbers } from './line-numbers-reference.ts';
import { runProgram, someProgram } from './patch-programs.ts';

/** What LineNumbers gives for one result of one line. */
function keep(text: string, value: unknown): string {
  return new LineNumbers().keep({ line: 0, text }, JSON.stringify(value), value);
}

/** Numbers as they may be written, odd ones for the most part. */
const someNumber = fc.oneof(
  fc.constantFrom('9223372036854775807', '2230.0', '1e400', '-1e999', '-0', '-0.0', '0.0', '0e0', '-0E+0'),
  fc.constantFrom('1', '0', '100', '0.5', '1e21', '1e+21', '1E5', '100000', '0.000001', '0.0000001', '1e-7'),
  fc.constantFrom('0.30000000000000004', '12.345678901234567', '1234567890123456', '12345678901234567'),
  fc.constantFrom(
    '1.000000000000000000001',
    '5e-324',
    '4.9e-324',
    '1e-400',
    '179769313486231580000',
    '10.50',
  ),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 24n }),
      fc.constantFrom('', '.0', '.25', '.000', '.0000001', '.123456789012345678'),
      fc.constantFrom('', '', '', 'e3', 'E-7', 'e+300'),
    )
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction}${exponent}`),
);

/** A document, some of whose scalars are such numbers. */
const someDocument = fc
  .tuple(someEvent, fc.array(someNumber, { minLength: 1, maxLength: 8 }))
  .map(([event, numbers]): Document => {
    let next = 0;
    const put = (document: Document): Document => {
      if (document.kind === 'array') return { kind: 'array', items: document.items.map(put) };
      if (document.kind === 'object') {
        return { kind: 'object', members: document.members.map(([name, value]) => [name, put(value)]) };
      }
      if (document.kind === 'string') return document;
      return { kind: 'scalar', json: numbers[next++ % numbers.length]! };
    };
    return put(event);
  });

type Members = Record<string, unknown>;

/** Results as handlers make them of their event; `name` and `other` are names that the documents have. */
const SHAPES: readonly ((event: Members, name: string, other: string) => unknown)[] = [
  event => ({ ...event }),
  event => ({ ...event, x: 1 }),
  event => ({ x: 1, ...event }),
  (event, name) => ({ ...event, [name]: 5 }),
  (event, name) => ({ [name]: event[name] }),
  (event, name, other) => ({ [name]: event[other], [other]: event[name] }),
  (event, name, other) => ({ [name]: { ...(event[name] as object) }, [other]: event[other] }),
  (event, name) => ({ ...event, [name]: { ...(event[name] as object), x: 2 } }),
  (event, name) => ({ ...event, [name]: { [name]: event[name] } }),
  (event, name) => {
    const { [name]: _, ...rest } = event;
    return rest;
  },
  event => ({ event }),
  event => structuredClone(event),
  event => Object.fromEntries(Object.entries(event).reverse()),
  event => (Array.isArray(event) ? event.slice(1) : Object.values(event)),
  event => (Array.isArray(event) ? [...event, 2230, 1] : [event]),
  event => (Array.isArray(event) ? Object.assign({}, event) : { ...event }),
  event => Object.assign(Object.create(null) as object, event),
  event => new Map(Object.entries(event)),
  event => Object.fromEntries(Object.entries(event).map(([name, value]) => [name, value === 0 ? 0 : value])),
  (event, name) => ({ ...event, [name]: null }),
  (event, name) => ({ ...event, [name]: Number.NaN }),
  (event, name) => ({ ...event, [name]: 0 }),
  (event, name) => ({ ...event, [name]: undefined }),
];

const someShape = fc.constantFrom(...SHAPES);

function isContainer(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

describe('the JSON of a result', () => {
  test.each([
    [
      '{"n":9223372036854775807,"a":2230.0,"b":1e400}',
      (event: Members) => ({ ...event, x: 1 }),
      '{"n":9223372036854775807,"a":2230.0,"b":1e400,"x":1}',
    ],
    [
      '{"n":9223372036854775807}',
      (event: Members) => ({ n: (event['n'] as number) + 1 }),
      '{"n":9223372036854775807}',
    ],
    [
      '{"n":9223372036854775807}',
      (event: Members) => ({ n: (event['n'] as number) + 4096 }),
      '{"n":9223372036854780000}',
    ],
    ['{"n":5.0}', (event: Members) => ({ m: event['n'] }), '{"m":5}'],
    ['{"n":5.0}', () => ({ n: '5.0' }), '{"n":"5.0"}'],
    ['{"b":1e400,"z":-0}', () => ({ b: null, z: 0 }), '{"b":null,"z":0}'],
    ['{"b":1e400,"z":-0}', () => ({ b: -Infinity, z: -0 }), '{"b":null,"z":-0}'],
    [
      '{"b":-1e400}',
      () => ({ b: Number.NEGATIVE_INFINITY, c: Number.POSITIVE_INFINITY }),
      '{"b":-1e400,"c":null}',
    ],
    ['{"a":1.0,"a":1}', (event: Members) => ({ ...event, x: 1 }), '{"a":1,"x":1}'],
    ['{"a":{"b":1.0},"a":{"c":2.0}}', () => ({ a: { b: 1, c: 2 } }), '{"a":{"b":1,"c":2.0}}'],
    ['{"\\u0061" : [ 1.0 , 2.0 ] }', () => ({ a: [2, 2, 2] }), '{"a":[2,2.0,2]}'],
    ['{"a":[1.0]}', () => ({ a: { 0: 1 } }), '{"a":{"0":1}}'],
    [
      '{"__proto__":{"n":1.0},"length":2.0}',
      (event: Members) => ({ ...event, x: 1 }),
      '{"__proto__":{"n":1.0},"length":2.0,"x":1}',
    ],
    ['{"text":": 1.0,","n":1}', () => ({ n: 1, text: ': 1.0,' }), '{"n":1,"text":": 1.0,"}'],
    ['2230.0', () => ({ n: 2230 }), '{"n":2230}'],
    ['{"n":1e400}', () => ({ toJSON: () => ({ n: Infinity }), n: Infinity }), '{"n":null}'],
    ['{"n":1.0}', () => ({ toJSON: () => ({ n: 1 }) }), '{"n":1.0}'],
    [
      '{"n":1.0}',
      () =>
        new (class {
          n = new Number(1);
        })(),
      '{"n":1.0}',
    ],
  ] as [string, (event: Members) => unknown, string][])(
    'of the line %s, by %s, is %s',
    (line, handle, expected) => {
      const value = handle(JSON.parse(line) as Members);
      expect(keep(line, value)).toBe(expected);
      expect(referenceNumbers(line, JSON.stringify(value), value)).toBe(expected);
    },
  );

  test('is what the rule says for events that are spread, picked from, moved about and changed', () => {
    let kept = 0;
    fc.assert(
      fc.property(
        someDocument,
        someSpelling,
        someShape,
        someName,
        someName,
        (document, spelling, shape, name, other) => {
          const line = write(document, spelling);
          const event: unknown = JSON.parse(line);
          fc.pre(isContainer(event));
          const value = shape(event, name, other);
          const json = JSON.stringify(value);
          const found = keep(line, value);
          expect(found).toBe(referenceNumbers(line, json, value));
          if (found !== json) kept++;
        },
      ),
      { numRuns: 4000 },
    );
    expect(kept).toBeGreaterThan(500);
  });

  test('is what the rule says for whatever a handler may put into its event', () => {
    let kept = 0;
    fc.assert(
      fc.property(someDocument, someSpelling, someProgram, (document, spelling, program) => {
        const line = write(document, spelling);
        const value: unknown = JSON.parse(line);
        fc.pre(isContainer(value));
        runProgram(value, program);
        const json = tryStringify(value);
        fc.pre(json !== undefined && /^[[{]/.test(json));
        const found = new LineNumbers().keep({ line: 0, text: line }, json, value);
        expect(found).toBe(referenceNumbers(line, json, value));
        if (found !== json) kept++;
      }),
      { numRuns: 4000 },
    );
    expect(kept).toBeGreaterThan(500);
  });

  test('is the line itself for an event that is copied, where the line has no white space, escapes and double names', () => {
    const text = '{"a":1.0,"b":[{"c":1e400,"d":-0},-0.0,1E5,12345678901234567890],"e":0.10,"f":"1.0"}';
    expect(keep(text, structuredClone(JSON.parse(text)))).toBe(text);
    fc.assert(
      fc.property(fc.array(someNumber, { minLength: 1, maxLength: 30 }), numbers => {
        const line = `{"n":[${numbers.join(',')}],"m":{${numbers.map((number, at) => `"m${at}":${number}`).join(',')}}}`;
        expect(keep(line, structuredClone(JSON.parse(line)))).toBe(line);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the numbers of a line', () => {
  test('are kept for each of its results, and not for those of the next line', () => {
    const numbers = new LineNumbers();
    const give = (line: number, text: string, value: unknown): string =>
      numbers.keep({ line, text }, JSON.stringify(value), value);
    expect(give(1, '{"a":1.0,"b":{"c":2.0}}', { b: { c: 2 } })).toBe('{"b":{"c":2.0}}');
    expect(give(1, '{"a":1.0,"b":{"c":2.0}}', { a: 1 })).toBe('{"a":1.0}');
    expect(give(1, '{"a":1.0,"b":{"c":2.0}}', { b: { a: 1, c: 2 } })).toBe('{"b":{"a":1,"c":2.0}}');
    expect(give(2, '{"a":1,"b":{"c":2e0}}', { a: 1, b: { c: 2 }, d: 1 })).toBe('{"a":1,"b":{"c":2e0},"d":1}');
    expect(give(3, '{"a":1,"b":{"c":2}}', { b: { c: 2 } })).toBe('{"b":{"c":2}}');
    expect(give(4, '7', { b: { c: 2 } })).toBe('{"b":{"c":2}}');
  });

  test('are read once for all of its results', () => {
    const members = Array.from({ length: 20_000 }, (_, at) => `"m${at}":${at}.0`);
    const text = `{"n":1.0,${members.join(',')}}`;
    let reads = 0;
    const at = {
      line: 1,
      get text(): string {
        reads++;
        return text;
      },
    };
    const numbers = new LineNumbers();
    for (let each = 0; each < 1000; each++) expect(numbers.keep(at, '{"n":1}', { n: 1 })).toBe('{"n":1.0}');
    expect(reads).toBe(1);
  });

  test('whose JSON is that of others are looked for in their container once, however many there are', () => {
    const [depth, count] = [100, 200];
    const line = `${'['.repeat(depth)}${'-0,'.repeat(count)}-0${']'.repeat(depth)}`;
    const value = JSON.parse(line) as unknown;
    const json = JSON.stringify(value);
    const looks = vi.spyOn(Object, 'getOwnPropertyDescriptor');
    expect(new LineNumbers().keep({ line: 0, text: line }, json, value)).toBe(line);
    expect(looks.mock.calls.length).toBeLessThan(2 * (depth + count));
    looks.mockRestore();
  });

  test('are found however deep they are', () => {
    const depth = 100_000;
    const line = `${'['.repeat(depth)}1.0${']'.repeat(depth)}`;
    const json = `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    expect(new LineNumbers().keep({ line: 0, text: line }, json, JSON.parse(line))).toBe(line);
  });
});

function tryStringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
