import { Chalk } from 'chalk';
import { describe, expect, test } from 'vitest';
import type { BenchReport, HandlerReport } from '../../src/bench/report.ts';
import { benchText } from '../../src/cli/bench-text.ts';
import { columnsOf } from '../../src/cli/text-columns.ts';
import { exampleReport } from '../bench/example-report.ts';

const plain = new Chalk({ level: 0 });

/** The example, with names and figures as long as they can be. */
function longReport(): BenchReport {
  const report = exampleReport();
  const long = 'a/very/long/path/of/a/handler/that/goes/on/and/on/in/this/way/'.repeat(2);
  const [first] = report.handlers as [HandlerReport];
  const pipeline = first.pipeline.map(row => ({
    ...row,
    workers: 254,
    eventsPerSecond: 123_456_789,
    peakBytes: 123_456_789_000,
    bottleneck: 'the main thread (most of all scatter), busy 100 % of the time',
  }));
  const latencyMs = { p50: 123.4, p90: 1234.5, p99: 12_345, p999: 123_456, max: 999_999 };
  const atLoad = { ...report.handlers[1]!.atLoad!, askedPerSecond: 123_456_789, kept: false, latencyMs };
  const spot = { name: long, place: long, share: 0.5 };
  const profile = { ...first.profile!, file: long, functions: [spot], lines: [spot] };
  const single = {
    ...first.alone!.single!,
    p50: 123_456,
    p90: 999e6,
    p99: 999e6,
    p999: 999e6,
    max: 999e9,
    lookedShare: 0.3,
  };
  const alone = { ...first.alone!, single, interval: { low: 123_456, high: 999_999 } };
  const comparison = { ...report.comparisons[0]!, name: long, baseline: long, saved: report.time };
  const verdict = {
    ...comparison.verdict,
    text: `cannot tell: the baseline is of another machine (${long})`,
  };
  return {
    ...report,
    interrupted: true,
    input: { ...report.input, names: [long] },
    machine: { ...report.machine, cpu: long },
    handlers: [{ ...first, name: long, key: long, alone, pipeline, atLoad, profile }, report.handlers[1]!],
    comparisons: [{ ...comparison, verdict, sameOutputs: false }],
    notes: [long, `a note ${long}`],
  };
}

describe('a bench as text', () => {
  test('says what was found', () => {
    const text = benchText(exampleReport(), plain);
    for (const part of [
      'access.ndjson: the first 64.0k events, 16.0 MB',
      'alone: measured 51,200 of 64,000 events, from all over the sample',
      'old.ts, by client.ip',
      '1.00 µs an event, 95 % interval 980 ns to 1.02 µs',
      'p50 900 ns  p90 1.50 µs  p99 4.00 µs  p99.9 20.0 µs  max 100 µs',
      'parse 50 % █  handle 30 % ▓  encode 20 % ░',
      'bottleneck with 2: handle, in the workers, busy 97 % of the time',
      'at 20.0k events/s, 2 workers: keeps up',
      '12 % faster, 95 % interval 9 to 14 %',
      'outputs are the same',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('stays within 80 columns, whatever is in it', () => {
    for (const report of [exampleReport(), longReport()]) {
      const lines = benchText(report, plain).split('\n');
      expect(lines.filter(line => columnsOf(line) > 80)).toEqual([]);
      expect(lines.filter(line => line !== line.trimEnd() && line.trim() === '').length).toBeLessThan(20);
    }
  });

  test('has no control characters but its own colours', () => {
    const report = exampleReport();
    const odd = { ...report, handlers: [{ ...report.handlers[0]!, name: 'a\x1b[31m\nb' }] };
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(benchText(odd, plain)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(benchText(exampleReport(), new Chalk({ level: 1 }))).toContain('\x1b[');
  });

  test('tells of a handler of which there is nothing yet', () => {
    const report = exampleReport();
    const [first] = report.handlers as [HandlerReport];
    const nothing = {
      alone: undefined,
      pipeline: [],
      atLoad: undefined,
      profile: undefined,
      heap: undefined,
    };
    const text = benchText(
      { ...report, interrupted: true, comparisons: [], handlers: [{ ...first, ...nothing }] },
      plain,
    );
    expect(text).toContain('interrupted: this is what was measured by then');
  });
});
