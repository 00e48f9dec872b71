import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBaseline, compareWithBaseline, readBaseline, writeBaseline } from '../../src/bench/baseline.ts';
import { markdown } from '../../src/bench/markdown.ts';
import { Random } from '../../src/base/random.ts';
import type { BenchReport } from '../../src/bench/report.ts';
import { judgeApart } from '../../src/bench/verdict-apart.ts';
import { exampleReport } from './example-report.ts';

let work: string;

beforeAll(() => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-baseline-')));
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The report with what each launch of a handler took, as multiples of the yardstick. */
function withYardsticks(report: BenchReport, yardsticks: readonly number[]): BenchReport {
  return {
    ...report,
    handlers: report.handlers.map(handler => ({ ...handler, alone: { ...handler.alone!, yardsticks } })),
  };
}

const AROUND_TWO = [1.98, 2.01, 2, 2.02, 1.99, 2.01, 1.97, 2.03, 2, 2.01, 1.99, 2];

describe('a baseline', () => {
  test('is read as it was written', async () => {
    const file = join(work, 'base.json');
    const report = withYardsticks(exampleReport(), AROUND_TWO);
    await writeBaseline(file, report);
    expect(readBaseline(file).report).toEqual(JSON.parse(JSON.stringify(report)));
  });

  test.each([
    ['nothing that is there', undefined],
    ['no JSON', 'no'],
    ['something else', '{"version":2}'],
    ['null', 'null'],
    ['figures that are none', JSON.stringify(withYardsticks(exampleReport(), ['1' as unknown as number]))],
  ])('that is %s is refused', (_, text) => {
    const file = join(work, 'bad.json');
    rmSync(file, { force: true });
    if (text !== undefined) writeFileSync(file, text);
    expect(() => readBaseline(file)).toThrow(expect.objectContaining({ code: 'MILLRACE_USAGE' }) as Error);
  });

  test('of a version that measured only the beginning of the sample is refused', () => {
    const file = join(work, 'old.json');
    writeFileSync(file, JSON.stringify({ ...withYardsticks(exampleReport(), AROUND_TWO), version: 1 }));
    expect(() => readBaseline(file)).toThrow('is of another version of millrace');
  });

  test('of other handlers, or other events, is refused', () => {
    const baseline = { file: 'base.json', report: exampleReport() };
    expect(() => checkBaseline(baseline, ['new.ts'], 'abc')).not.toThrow();
    expect(() => checkBaseline(baseline, ['third.ts'], 'abc')).toThrow('has no handler "third.ts"');
    expect(() => checkBaseline(baseline, ['new.ts'], 'other')).toThrow('was measured with other events');
  });

  test('tells whether a handler is faster than it was', () => {
    const { machine } = exampleReport();
    const baseline = { file: 'base.json', report: withYardsticks(exampleReport(), AROUND_TWO) };
    const faster = withYardsticks(
      exampleReport(),
      AROUND_TWO.map(ratio => ratio * 0.8),
    ).handlers[1]!;
    const comparison = compareWithBaseline(faster, baseline, machine, 1)!;
    expect(comparison.verdict.finding).toBe('faster');
    expect(comparison).toMatchObject({ name: 'new.ts', baseline: 'new.ts', sameOutputs: true });
    expect(comparison.saved).toBe('2026-11-30T12:00:00.000Z');
  });

  test('of another machine or another Node tells nothing', () => {
    const report = withYardsticks(exampleReport(), AROUND_TWO);
    const handler = withYardsticks(
      exampleReport(),
      AROUND_TWO.map(ratio => ratio * 3),
    ).handlers[1]!;
    const of = (change: Partial<BenchReport['machine']>): string =>
      compareWithBaseline(handler, { file: '', report }, { ...report.machine, ...change }, 1)!.verdict.text;
    expect(of({ cpu: 'another' })).toBe(
      'cannot tell: the baseline is of another machine (2 cores, a processor)',
    );
    expect(of({ node: 'v24.0.0' })).toBe('cannot tell: the baseline is of another Node (v20.20.2)');
    expect(of({})).toMatch(/slower/);
  });
});

describe('a verdict about two times', () => {
  test('makes an allowance for what differs from one time to the other', () => {
    const now = AROUND_TWO.map(ratio => ratio * 1.025);
    expect(judgeApart(now, AROUND_TWO, { seed: 1, hindrance: undefined }).finding).not.toBe('slower');
    const slower = judgeApart(
      AROUND_TWO.map(ratio => ratio * 1.1),
      AROUND_TWO,
      { seed: 1, hindrance: undefined },
    );
    expect(slower.finding).toBe('slower');
    expect(slower.interval.low).toBeLessThan(1.08);
  });

  test('claims nothing where there is nothing', () => {
    const random = new Random(4);
    const noisy = (): number[] => Array.from({ length: 12 }, () => 2 * Math.exp((random.next() - 0.5) * 0.3));
    const claimed = Array.from({ length: 40 }, (_, seed) =>
      judgeApart(noisy(), noisy(), { seed, hindrance: undefined }),
    ).filter(({ finding }) => finding === 'faster' || finding === 'slower');
    expect(claimed.length).toBeLessThanOrEqual(2);
  });
});

describe('the report for a pull request', () => {
  test('says what was found first, and has its figures in tables', () => {
    const text = markdown(exampleReport());
    const [first] = text.split('\n');
    expect(first).toBe(
      '🟢 **`new.ts`** against `old.ts`: **12 % faster, 95 % interval 9 to 14 %**; outputs are the same',
    );
    expect(text).toContain('| `new.ts` | 880 | 792 | 3,520 | 17,600 | 1,136,364 | 640 | 3 % |');
    expect(text).toContain('| `new.ts` | 20,000 | yes | 3.0 | 5.0 | 8.0 | 20.0 | 31.0 |');
    for (const line of text.split('\n').filter(row => row.startsWith('|')))
      expect(line.endsWith('|')).toBe(true);
  });

  test('is not broken by names', () => {
    const report = exampleReport();
    const odd = { ...report, handlers: [{ ...report.handlers[0]!, name: 'a`|\nb.ts' }] };
    expect(markdown(odd)).toContain("| `a'\\| b.ts` | 1,000 |");
  });
});
