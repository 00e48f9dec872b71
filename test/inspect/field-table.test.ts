import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeField, FieldTable } from '../../src/inspect/field-table.ts';
import { keyCandidates } from '../../src/inspect/key-candidates.ts';

/** A naive count of one path: in how many events it is, and how many values of each type it has. */
interface Naive {
  readonly events: Set<number>;
  readonly types: Record<string, number>;
}

function naiveCount(events: readonly unknown[]): Map<string, Naive> {
  const found = new Map<string, Naive>();
  const visit = (value: unknown, path: string, event: number): void => {
    const field = found.get(path) ?? { events: new Set(), types: {} };
    found.set(path, field);
    field.events.add(event);
    const type = typeOf(value);
    field.types[type] = (field.types[type] ?? 0) + 1;
    if (Array.isArray(value)) for (const item of value) visit(item, `${path}[]`, event);
    else if (type === 'object') {
      for (const [name, member] of Object.entries(value as object)) {
        visit(member, path === '' ? name : `${path}.${name}`, event);
      }
    }
  };
  for (const [at, event] of events.entries()) visit(event, '', at);
  return found;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const name = fc.constantFrom('a', 'b', 'constructor', '__proto__', '0', 'é');
const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1.5, -3, '', 'text'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('FieldTable', () => {
  test('counts as a naive count does', () => {
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 12 }), values => {
        // As events are made: a member may be called __proto__.
        const events = values.map(value => JSON.parse(JSON.stringify(value)) as unknown);
        const table = new FieldTable();
        for (const event of events) table.add(event);
        const counted = naiveCount(events);
        const told = [table.root, ...table.nodes].map(node => describeField(node, events.length));
        expect(new Set(told.map(({ path }) => path))).toEqual(new Set(counted.keys()));
        expect(table.others).toBe(0);
        for (const { path, presence, types } of told) {
          const { events: having, types: naive } = counted.get(path)!;
          const total = Object.values(naive).reduce((sum, count) => sum + count, 0);
          expect(presence).toBe(having.size / events.length);
          expect(types).toEqual(
            Object.fromEntries(Object.entries(naive).map(([type, count]) => [type, count / total])),
          );
        }
      }),
    );
  });

  test('gives paths as they stand after --key', () => {
    const table = new FieldTable();
    table.add({ 'id.orig_h': 1, '': 2, '/x': 3, a: { 'b.c': 4, 'd/e~f': [{ g: 5 }] } });
    expect(table.nodes.map(node => describeField(node, 1).path)).toEqual([
      '/id.orig_h',
      '/',
      '/~1x',
      'a',
      '/a/b.c',
      'a.d/e~f',
      'a.d/e~f[]',
      'a.d/e~f[].g',
    ]);
  });

  test('has so many fields and no more, whatever names there are, and estimates the rest', () => {
    const table = new FieldTable(100);
    for (let event = 0; event < 200; event++) {
      table.add(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`n${event * 100 + n}`, 1])));
    }
    expect(table.nodes).toHaveLength(100);
    expect(Math.abs(table.others / 19_900 - 1)).toBeLessThan(0.1);
    expect(describeField(table.nodes[0]!, 200).presence).toBe(1 / 200);
  });

  test('tells fields of one name in different objects apart, also where it has no room for them', () => {
    const table = new FieldTable(2);
    table.add({ a: { x: 1 }, b: { x: 1 } });
    expect(table.nodes.map(({ names }) => names)).toEqual([['a'], ['a', 'x']]);
    expect(table.others).toBe(1);
    const wider = new FieldTable(3);
    wider.add({ a: 1, b: 1, c: 1 });
    wider.add({ a: { x: 1 }, b: { x: 1 }, c: { x: 1 } });
    wider.add({ a: [1] });
    expect(wider.others).toBe(4);
  });

  test('does not follow what is nested without end, nor keep names without end', () => {
    const table = new FieldTable();
    table.add(JSON.parse('['.repeat(5000) + ']'.repeat(5000)));
    table.add({ ['x'.repeat(257)]: 1, ['x'.repeat(256)]: 1 });
    expect(table.nodes).toHaveLength(17);
    expect(table.others).toBe(2);
  });

  test('has an example of a scalar that says something, cut where it is long', () => {
    const table = new FieldTable();
    for (const value of [null, '', { b: 1 }, 'first', 'second']) table.add({ a: value });
    table.add({ long: 'é'.repeat(100), flag: false });
    const examples = Object.fromEntries(table.nodes.map(node => [node.names.join('.'), node.example]));
    expect(examples).toEqual({ a: 'first', 'a.b': 1, long: `${'é'.repeat(59)}…`, flag: false });
  });
});

/** The table of so many events. */
function tableOf(count: number, event: (n: number) => unknown): FieldTable {
  const made = new FieldTable();
  for (let n = 0; n < count; n++) made.add(event(n));
  return made;
}

/** The table of so many events, of 17 users. */
function users(count: number): FieldTable {
  return tableOf(count, n => ({ user: `u${n % 17}` }));
}

describe('keyCandidates', () => {
  test('are fields that nearly all have, with many values that come again and spread', () => {
    const found = keyCandidates(
      tableOf(10_000, n => ({
        ts: new Date(1e12 + n).toISOString(),
        minute: new Date(1e12 + (n % 100)).toISOString(),
        uuid: `unique-${n}`,
        level: ['info', 'warn'][n % 2],
        mostly: n % 10 < 4 ? 'one' : `v${n % 200}`,
        sometimes: n % 10 === 0 ? null : `v${n % 200}`,
        bytes: n % 300,
        user: { id: n % 300 },
        page: `/p${n % 150}`,
        tags: [`t${n % 200}`],
        flag: true,
      })),
      'ts',
    );
    expect(found.map(({ path }) => path)).toEqual(['user.id', 'page']);
    expect(found[0]!.presence).toBe(1);
    expect(Math.abs(found[0]!.distinct / 300 - 1)).toBeLessThan(0.1);
    expect(found[0]!.biggestShareMax).toBeLessThan(0.05);
  });

  test('are not told of a handful of events, nor is the time field one', () => {
    expect(keyCandidates(users(49), undefined)).toEqual([]);
    expect(keyCandidates(users(500), undefined)).toHaveLength(1);
    expect(keyCandidates(users(500), 'user')).toEqual([]);
  });
});
