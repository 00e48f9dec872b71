import type { ChalkInstance } from 'chalk';
import type { HandlerReport, LoadReport, PipelineReport, Stage } from '../bench/report.ts';
import { histogram, scalingCurve } from './bench-pictures.ts';
import { formatBytes, formatCount, formatMs, formatShare } from './format.ts';
import { cut, padded } from './text-columns.ts';

/** The part of a bench that is about the pipeline, for a terminal. */

export type Painter = Pick<
  ChalkInstance,
  'bold' | 'dim' | 'cyan' | 'blue' | 'magenta' | 'green' | 'red' | 'yellow'
>;

export function pipelineLines({ pipeline, atLoad }: HandlerReport, paint: Painter): string[] {
  const lines: string[] = [];
  if (pipeline.length > 0) lines.push(...throughputLines(pipeline, paint));
  if (atLoad !== undefined) lines.push(...loadLines(atLoad, paint));
  return lines;
}

/** What is left of a line behind "bottleneck with 254: ". */
const BOTTLENECK_WIDTH = 54;

const STAGES: readonly Stage[] = ['read', 'scatter', 'wait', 'handle', 'gather', 'write', 'fsync'];

function throughputLines(pipeline: readonly PipelineReport[], paint: Painter): string[] {
  const [{ to }] = pipeline as [PipelineReport];
  const figures = [
    ['workers', 'events/s', 'bytes/s', 'speed-up', 'efficiency', 'memory', 'loop p99'],
    ...pipeline.map(row => [
      `${row.workers}`,
      formatCount(row.eventsPerSecond),
      formatBytes(row.bytesPerSecond),
      Number.isNaN(row.speedUp) ? '' : `${row.speedUp.toFixed(2)}×`,
      Number.isNaN(row.efficiency) ? '' : formatShare(row.efficiency),
      formatBytes(row.peakBytes),
      formatMs(row.loopDelayMs.p99),
    ]),
  ];
  const stages = [
    ['workers', ...STAGES],
    ...pipeline.map(row => [`${row.workers}`, ...STAGES.map(stage => formatShare(row.stages[stage]))]),
  ];
  const lines = [
    `  in the pipeline, ${to === 'log' ? 'into the log' : 'without the log'}`,
    ...table(figures, paint),
    ...curveLines(pipeline, paint),
    '    share of the time at each stage (handle: of the workers together)',
    ...table(stages, paint),
  ];
  for (const { workers, bottleneck } of pipeline) {
    lines.push(`    bottleneck with ${workers}: ${paint.bold(cut(bottleneck, BOTTLENECK_WIDTH))}`);
  }
  return lines;
}

function table(rows: readonly (readonly string[])[], paint: Painter): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map(row => row[at]!.length)));
  return rows.map((row, at) => {
    const line = `    ${row.map((cell, column) => padded(cell, widths[column]!, true)).join('  ')}`;
    return at === 0 ? paint.dim(line) : line;
  });
}

function curveLines(pipeline: readonly PipelineReport[], paint: Painter): string[] {
  if (pipeline.length < 2) return [];
  const points = pipeline.map(({ workers, eventsPerSecond }) => ({ x: workers, y: eventsPerSecond }));
  return [
    ...scalingCurve(points, 40, 6).map(line => `    ${paint.cyan(line.trimEnd())}`),
    paint.dim(`    ${points[0]!.x} to ${points.at(-1)!.x} workers: ● measured, · each as much as the first`),
  ];
}

/** Those that are known, with their names. */
export function percentilesText(
  { p50, p90, p99, p999, max }: LoadReport['latencyMs'],
  format: (value: number) => string,
): string {
  return Object.entries({ p50, p90, p99, 'p99.9': p999, max })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${format(value)}`]))
    .join('  ');
}

function loadLines(load: LoadReport, paint: Painter): string[] {
  const { askedPerSecond, reachedPerSecond, kept, workers, latencyMs, bins } = load;
  const how = kept
    ? paint.green('keeps up')
    : paint.red(`falls behind: ${formatCount(reachedPerSecond)} events/s`);
  return [
    `  at ${formatCount(askedPerSecond)} events/s, ${workers} workers: ${how}`,
    '    from arrival to commit:',
    `    ${percentilesText(latencyMs, formatMs)}`,
    ...histogram(bins, 3).map(line => `    ${paint.cyan(line)}`),
    paint.dim(`    ${formatMs(bins.edges[0]!)} to ${formatMs(bins.edges.at(-1)!)}`),
  ];
}
