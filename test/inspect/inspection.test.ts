import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINE_BYTES_MAX } from '../../src/base/limits.ts';
import { Inspection, type Questions } from '../../src/inspect/inspection.ts';
import type { Report } from '../../src/inspect/report.ts';
import { groupOfHash } from '../../src/kernel/key-group.ts';
import { murmur2 } from '../../src/kernel/murmur2.ts';
import { parsePath } from '../../src/kernel/path.ts';

const NOTHING: Questions = { key: undefined, timeField: undefined, linesMax: Number.POSITIVE_INFINITY };

/** What is told of these lines, given in chunks of `chunkLines`. */
function inspected(
  lines: readonly (string | Buffer)[],
  asked: Partial<Questions> = {},
  chunkLines = 7,
): Report {
  const inspection = new Inspection({ ...NOTHING, ...asked });
  inspection.beginSource('in.ndjson');
  for (let at = 0; at < lines.length; at += chunkLines) {
    const parts = lines.slice(at, at + chunkLines).flatMap(line => [Buffer.from(line), Buffer.from('\n')]);
    const bytes = Buffer.concat([Buffer.from('before'), ...parts]);
    if (!inspection.lines(bytes, 'before'.length, bytes.length)) break;
  }
  return inspection.report('at-end');
}

function json(...events: readonly unknown[]): string[] {
  return events.map(event => JSON.stringify(event));
}

describe('Inspection', () => {
  test('counts lines for what they are, and says where the first invalid ones stand', () => {
    const bad = Buffer.from([0x22, 0xff, 0x22]);
    const long = JSON.stringify('x'.repeat(LINE_BYTES_MAX));
    const report = inspected(
      ['{"a":1}', '', ' \t\r', '{oops', bad, long, '{"a":"é"}', ...Array(9).fill('nope')],
      {},
      4,
    );
    expect(report).toMatchObject({
      lines: 16,
      events: 2,
      blank: { lines: 2, share: 2 / 16 },
      invalid: { lines: 11, share: 11 / 16 },
      tooLong: { lines: 1, share: 1 / 16, longestBytes: LINE_BYTES_MAX + 2, limitBytes: LINE_BYTES_MAX },
      sizes: { min: 7, max: 10 },
    });
    expect(report.bytes).toBe(8 + 1 + 4 + 6 + 4 + (LINE_BYTES_MAX + 3) + 11 + 9 * 5);
    expect(report.invalid.first.map(({ line }) => line)).toEqual([4, 5, 8, 9, 10]);
    expect(report.invalid.first[1]).toEqual({
      source: 'in.ndjson',
      line: 5,
      reason: 'the line is not valid UTF-8',
    });
  });

  test('counts lines anew in each source, and those that were passed over too', () => {
    const inspection = new Inspection(NOTHING);
    inspection.beginSource('a');
    inspection.lines(Buffer.from('1\n2\n'), 0, 4);
    inspection.beginSource('b');
    inspection.tooLong(5_000_000);
    inspection.lines(Buffer.from('no\n'), 0, 3);
    const report = inspection.report('interrupted');
    expect(report).toMatchObject({ sources: ['a', 'b'], ended: 'interrupted', lines: 4, bytes: 5_000_008 });
    expect(report.invalid.first).toMatchObject([{ source: 'b', line: 2 }]);
    expect(report.advice.join(' ')).toContain('--max-line 5MiB');
  });

  test('looks at the first lines only, where it is told so', () => {
    const report = inspected(json(1, 2, 3, 4, 5), { linesMax: 3 }, 2);
    expect(report).toMatchObject({ lines: 3, events: 3, bytes: 6 });
  });

  test('has an answer to nothing at all', () => {
    for (const lines of [[], ['', ''], ['no']]) {
      const report = inspected(lines, { key: parsePath('a'), timeField: parsePath('b') });
      expect(report).toMatchObject({ events: 0, fields: [], sizes: undefined, time: { seen: undefined } });
      expect(report.key).toMatchObject({
        events: 0,
        share: 0,
        heavy: [],
        groups: { used: 0, biggestShare: 0 },
      });
      expect(report.advice[0]).toBe('There are no events.');
      expect(JSON.stringify(report)).not.toContain('null');
    }
  });
});

describe('what is told of a key', () => {
  const key = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('hot', 'hot', null, '\u0001', 'é"'),
  );

  test('agrees with a naive count of keys, groups and lanes', () => {
    fc.assert(
      fc.property(fc.array(fc.option(key, { nil: undefined }), { minLength: 1, maxLength: 60 }), values => {
        const report = inspected(json(...values.map(k => ({ x: 1, id: { k } }))), { key: parsePath('id.k') });
        const keys = values.filter(k => k !== undefined && k !== null).map(String);
        const counts = new Map<string, number>();
        const groups = Array.from({ length: 256 }, () => 0);
        for (const text of keys) {
          counts.set(text, (counts.get(text) ?? 0) + 1);
          groups[groupOfHash(murmur2(Buffer.from(text)))]!++;
        }
        const shareOf = (count: number): number => (keys.length === 0 ? 0 : count / keys.length);
        const told = report.key!;
        expect(told).toMatchObject({
          events: keys.length,
          share: keys.length / values.length,
          heavyErrorMax: 0,
        });
        expect(told.distinct).toEqual({ count: counts.size, exact: true, standardError: 0 });
        expect(told.groups.used).toBe(groups.filter(count => count > 0).length);
        expect(told.groups.biggestShare).toBe(shareOf(Math.max(...groups)));
        expect(told.heavy.map(({ events }) => events)).toEqual(
          [...counts.values()].sort((a, b) => b - a).slice(0, 10),
        );
        for (const heavy of told.heavy) expect(heavy.events).toBe(counts.get(heavy.key));
        expect(told.lanes.map(({ workers }) => workers)).toEqual([1, 2, 4, 8]);
        for (const { workers, busiestShare } of told.lanes) {
          // Which group comes first turns the lanes round, and changes no lane's load.
          const loads = Array.from({ length: workers }, (_, lane) =>
            groups.reduce((sum, count, group) => sum + (group % workers === lane ? count : 0), 0),
          );
          expect(busiestShare).toBe(shareOf(Math.max(...loads)));
        }
      }),
    );
  });

  test('tells long keys apart by their ends as well, and keeps little of them', () => {
    const long = 'k'.repeat(10_000);
    const report = inspected(json({ k: `${long}1` }, { k: `${long}2` }, { k: `${long}2` }), {
      key: parsePath('k'),
    });
    expect(report.key!.distinct.count).toBe(2);
    expect(report.key!.heavy.map(({ events }) => events)).toEqual([2, 1]);
    for (const { key: shown } of report.key!.heavy) expect(shown.length).toBeLessThan(100);
  });

  test('names no key as heavy that is one of a long tail', () => {
    const tail = Array.from({ length: 5000 }, (_, n) => ({ k: n % 5 === 0 ? 'hot' : `tail-${n}` }));
    const { heavy, heavyErrorMax } = inspected(json(...tail), { key: parsePath('k') }).key!;
    expect(heavyErrorMax).toBe(5);
    expect(heavy).toEqual([{ key: 'hot', events: 1000, share: 0.2 }]);
  });

  test('ends in advice about spread, workers and what has no key', () => {
    const spreading = inspected(json(...Array.from({ length: 4000 }, (_, n) => ({ k: `k${n % 1000}` }))), {
      key: parsePath('k'),
    }).advice;
    expect(spreading[0]).toMatch(/^The key k spreads well: /);
    expect(spreading[1]).toMatch(
      /^8 workers are worth it with this key: they can do [67]\.\d+ times the work of one, and more of them up to \d+/,
    );

    const hot = inspected(json(...Array.from({ length: 100 }, (_, n) => ({ k: n < 80 ? 'hot' : `k${n}` }))), {
      key: parsePath('k'),
    }).advice;
    expect(hot[0]).toMatch(/^The key k does not spread: one key alone, "hot", has 80% of the events/);
    expect(hot[1]).toBe('More than 1 worker is not worth it with this key.');

    const few = inspected(json({ k: 1 }, { k: 1 }, {}), { key: parsePath('k') }).advice;
    expect(few[0]).toMatch(/^The key k does not spread: there is only 1 key, /);
    expect(few).toContain('1 event (33.3%) has no key k: any worker takes them, in no order among workers.');
    expect(inspected(json({}), { key: parsePath('k') }).advice[0]).toMatch(/^No event has the key k: /);
  });
});

/** An event of so many milliseconds after the beginning of 2020. */
function ts(ms: number): { readonly ts: string } {
  return { ts: new Date(Date.UTC(2020, 0) + ms).toISOString() };
}

describe('what is told of the time', () => {
  test('agrees with a naive count, also of the events before the field was chosen', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 400 }), times => {
        const seen = inspected(json(...times.map(ts)), {}, 400).time!.seen!;
        const late = times.map((ms, at) => Math.max(...times.slice(0, at + 1)) - ms);
        const [least, most] = [Math.min(...times), Math.max(...times)];
        expect(seen).toMatchObject({
          first: ts(times[0]!).ts,
          last: ts(times.at(-1)!).ts,
          earliest: ts(least).ts,
          latest: ts(most).ts,
          spanMs: most - least,
          inFuture: 0,
        });
        expect(seen.order).toMatchObject({
          late: late.filter(ms => ms > 0).length,
          stepBackMaxMs: Math.max(0, ...times.slice(1).map((ms, at) => times[at]! - ms)),
        });
        expect(seen.order.latenessMs.max).toBe(Math.max(...late));
        const sorted = late.toSorted((a, b) => a - b);
        const p50 = sorted[Math.ceil(late.length / 2) - 1]!;
        expect(Math.abs(seen.order.latenessMs.p50 - p50)).toBeLessThanOrEqual(p50 * 0.0101);
        expect(seen.rate.perSecond * Math.max(1000, most - least)).toBeCloseTo(times.length * 1000, 3);
        expect(seen.rate.peakTimesMean).toBe(seen.rate.peak / seen.rate.perSecond);
      }),
      { numRuns: 50 },
    );
  });

  test('is of the field that was named, and says in how many events it is none', () => {
    const report = inspected(json({ ts: ts(0).ts, t: 1.5e12 }, { t: 'never' }, {}), {
      timeField: parsePath('t'),
    });
    expect(report.time).toMatchObject({ path: 't', found: 'named', events: 1, eventsWithout: 2 });
    expect(report.time!.seen!.format).toBe('epoch-milliseconds');
    expect(report.advice).toContain('In 2 events (66.7%) t is missing or no time.');
    expect(inspected(json({}), { timeField: parsePath('t') }).advice).toContain('t is a time in no event.');
  });

  test('ends in advice about the order, the zone and the future', () => {
    expect(inspected(json(ts(1), ts(1), ts(2))).advice).toContain(
      'The order by ts is safe: no event is earlier than one before it.',
    );
    const late = inspected(json(ts(0), ts(10_000), ts(7600), ts(11_000))).advice.join('\n');
    expect(late).toContain(
      '25% of the events are earlier than one before them. A watermark of 3 s would have',
    );
    const none = inspected(json({ time: '2020-01-01 00:00:00' })).advice;
    expect(none).toContain('time has no time zone; it was taken as UTC.');
    const future = inspected(json({ ts: '9999-01-01T00:00:00Z' }));
    expect(future.time!.seen!.inFuture).toBe(1);
    expect(future.advice.join('\n')).toContain('1 event (100%) is later by ts than now');
  });
});

/** The paths of all members of `value`, with `[]` for the items of arrays; what types a field has is data. */
function memberPaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap(item => memberPaths(item, `${path}[]`));
  if (typeof value !== 'object' || value === null || path.endsWith('types'))
    return [path.replace(/\[\]$/, '')];
  return Object.entries(value).flatMap(([name, member]) =>
    memberPaths(member, `${path}${path && '.'}${name}`),
  );
}

test('docs/INSPECT.md explains every member of the report, and no other', () => {
  const lines = [
    'no',
    '1',
    ...json(...Array.from({ length: 2000 }, (_, n) => ({ ...ts(n), user: `u${n % 100}`, tags: [n] }))),
  ];
  const reports = [inspected(lines), inspected(lines, { key: parsePath('user') })];
  const members = new Set(reports.flatMap(report => memberPaths(JSON.parse(JSON.stringify(report)))));
  const page = readFileSync(new URL('../../docs/INSPECT.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('## The object of'));
  const explained = table
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line =>
      [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!.replaceAll('?', '')),
    );
  const beside = ['event.distinct', 'event.example'];
  expect([...explained, ...beside].sort()).toEqual([...members].sort());
});
