import { coverageText } from '../bench/coverage-text.ts';
import { boxOf } from '../bench/quantiles.ts';
import type { AloneReport, BenchReport, HandlerReport, SingleReport } from '../bench/report.ts';
import { type Painter, percentilesText, pipelineLines } from './bench-pipeline-text.ts';
import { profileLines } from './bench-profile-text.ts';
import { axis, boxPlot, histogram, stackedBar } from './bench-pictures.ts';
import { formatBytes, formatCount, formatNs, formatShare } from './format.ts';
import { COLUMNS, cut, onOneLine, padded, wrapped } from './text-columns.ts';

/** What a bench has found out, for a terminal of 80 columns. */

const WIDTH = COLUMNS - 4;

export function benchText(report: BenchReport, paint: Painter): string {
  const { handlers, comparisons, notes } = report;
  const lines = [...head(report, paint)];
  for (const handler of handlers) lines.push('', ...handlerLines(handler, paint));
  if (handlers.filter(({ alone }) => alone !== undefined).length > 1)
    lines.push('', ...boxes(handlers, paint));
  for (const comparison of comparisons) {
    const { name, baseline, verdict, sameOutputs, saved } = comparison;
    lines.push(
      '',
      ...titled(`${name} against ${baseline}${saved === undefined ? '' : `, as of ${saved}`}`, paint),
    );
    for (const line of wrapped(onOneLine(verdict.text), WIDTH - 2)) {
      lines.push(`    ${colourOf(verdict.finding, paint)(line)}`);
    }
    if (sameOutputs !== undefined) {
      lines.push(sameOutputs ? '    outputs are the same' : `    ${paint.yellow('outputs differ')}`);
    }
  }
  if (notes.length > 0) lines.push('');
  for (const note of notes) {
    const [first, ...rest] = wrapped(onOneLine(note), WIDTH - 2);
    lines.push(paint.yellow(`  ! ${first}`), ...rest.map(line => paint.yellow(`    ${line}`)));
  }
  if (report.interrupted) lines.push('', paint.yellow('  interrupted: this is what was measured by then'));
  return `${lines.join('\n')}\n`;
}

function head({ input, machine, seconds }: BenchReport, paint: Painter): string[] {
  const { names, events, bytes, isPart } = input;
  const names2 = names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(', ');
  const what = `${isPart ? 'the first ' : ''}${formatCount(events)} events, ${formatBytes(bytes)}`;
  const coverage = coverageText(input);
  return [
    `  ${cut(onOneLine(`${names2}: ${what}`), WIDTH)}`,
    ...(coverage === undefined ? [] : [paint.dim(`  alone: ${coverage}`)]),
    paint.dim(
      `  ${cut(`${machine.cores} cores (${machine.cpu}), node ${machine.node}, ${seconds.toFixed(0)} s`, WIDTH)}`,
    ),
  ];
}

function titled(title: string, paint: Painter): string[] {
  return [`  ${paint.bold(cut(onOneLine(title), WIDTH))}`];
}

function handlerLines(handler: HandlerReport, paint: Painter): string[] {
  const { name, alone, key } = handler;
  const lines = titled(name + (key === undefined ? '' : `, by ${key}`), paint);
  if (alone !== undefined) lines.push(...aloneLines(alone, paint));
  lines.push(...pipelineLines(handler, paint), ...profileLines(handler, paint));
  return lines;
}

function aloneLines(alone: AloneReport, paint: Painter): string[] {
  const { nsPerEvent, interval, eventsPerSecond, bytesPerSecond, single, gc, allocatedBytesPerEvent } = alone;
  const range = Number.isFinite(interval.low)
    ? `, 95 % interval ${formatNs(interval.low)} to ${formatNs(interval.high)}`
    : '';
  const pauses =
    gc.pauses === 0
      ? 'no garbage collection'
      : `${formatShare(gc.share)} of the time in garbage collections, the longest ${formatNs(gc.longestMs * 1e6)}`;
  return [
    '  alone, on one thread',
    `    ${paint.cyan(`${formatNs(nsPerEvent)} an event`)}${range}`,
    `    ${formatCount(eventsPerSecond)} events/s, ${formatBytes(bytesPerSecond)}/s`,
    ...(single === undefined ? [] : singleLines(single, paint)),
    `    ${formatBytes(allocatedBytesPerEvent)} allocated an event`,
    `    ${pauses}`,
  ];
}

const BAR = 44;

function singleLines(single: SingleReport, paint: Painter): string[] {
  const { p50, parse, handle, encode, lookedShare, bins } = single;
  const [parseBar, handleBar, encodeBar] = stackedBar([parse, handle, encode], BAR) as [
    string,
    string,
    string,
  ];
  const lines = [
    `    ${percentilesText(single, formatNs)}`,
    `    ${paint.blue(parseBar)}${paint.cyan(handleBar)}${paint.magenta(encodeBar)}`,
    `    parse ${formatShare(parse)} █  handle ${formatShare(handle)} ▓  encode ${formatShare(encode)} ░`,
  ];
  if (lookedShare < 0.995) {
    lines.push(`    the kernel decides alone about ${formatShare(1 - lookedShare)} of the events`);
  }
  if (lookedShare === 0) return lines;
  const columns = bins.counts.length;
  const [least, most] = [bins.edges[0]!, bins.edges.at(-1)!];
  const at = Math.log(p50 / least) / Math.log(most / least);
  return [
    ...lines,
    ...histogram(bins, 3).map(line => `    ${paint.cyan(line)}`),
    paint.dim(
      `    ${axis(columns, [
        { at: 0, text: formatNs(least) },
        { at, text: `p50` },
        { at: 1, text: formatNs(most) },
      ])}`,
    ),
  ];
}

/** One box for each handler, on one scale. */
function boxes(handlers: readonly HandlerReport[], paint: Painter): string[] {
  const all = handlers.flatMap(({ name, alone }) =>
    alone === undefined ? [] : [{ name, box: boxOf(alone.ownNs.flat()) }],
  );
  const least = Math.min(...all.map(({ box }) => box.low));
  const most = Math.max(...all.map(({ box }) => box.high));
  const names = Math.min(24, Math.max(...all.map(({ name }) => name.length)));
  const width = WIDTH - names - 4;
  return [
    '  rounds: time of an event',
    ...all.map(({ name, box }) => {
      const label = padded(cut(onOneLine(name), names), names, false);
      return `    ${label}  ${paint.cyan(boxPlot(box, width, least, most))}`;
    }),
    paint.dim(
      `    ${' '.repeat(names + 2)}${axis(width, [
        { at: 0, text: formatNs(least) },
        { at: 1, text: formatNs(most) },
      ])}`,
    ),
  ];
}

function colourOf(finding: string, paint: Painter): (text: string) => string {
  if (finding === 'faster') return paint.green;
  return finding === 'slower' ? paint.red : paint.bold;
}
