import { coverageText } from './coverage-text.ts';
import type { BenchReport, HandlerReport } from './report.ts';
import { percentileList } from './quantiles.ts';
import { percent } from './verdict.ts';

/** The report for a pull request: what was found first, and the figures as tables. */
export function markdown(report: BenchReport): string {
  const { comparisons, handlers, machine, input, notes, interrupted } = report;
  const lines: string[] = [];
  for (const { name, baseline, verdict, sameOutputs, saved } of comparisons) {
    const mark = verdict.finding === 'faster' ? '🟢 ' : verdict.finding === 'slower' ? '🔴 ' : '';
    const outputs =
      sameOutputs === undefined ? '' : sameOutputs ? '; outputs are the same' : '; **outputs differ**';
    const when = saved === undefined ? '' : `, as of ${saved}`;
    lines.push(
      `${mark}**${code(name)}** against ${code(baseline)}${when}: **${verdict.text}**${outputs}`,
      '',
    );
  }
  lines.push(...aloneTable(handlers), ...pipelineTable(handlers), ...loadTable(handlers));
  const names = input.names.map(code).join(', ');
  const coverage = coverageText(input);
  lines.push(
    `${input.isPart ? 'The first ' : ''}${input.events} events of ${names}${coverage === undefined ? '' : `; ${coverage}`}; ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, millrace ${report.millrace}, seed ${report.seed}.`,
    '',
    ...notes.map(note => `> ${note}`),
  );
  if (interrupted) lines.push('> Interrupted: this is what was measured by then.');
  return `${lines.join('\n').trimEnd()}\n`;
}

function code(text: string): string {
  // A name with a backtick, or an end of line, must not end the span or the row.
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [row(head), row(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(row), ''];
}

function aloneTable(handlers: readonly HandlerReport[]): string[] {
  const rows = handlers.flatMap(({ name, alone }) => {
    if (alone === undefined) return [];
    const { nsPerEvent, eventsPerSecond, single, allocatedBytesPerEvent, gc } = alone;
    const times = [single?.p50, single?.p99, single?.p999].map(ns => (ns === undefined ? '' : whole(ns)));
    return [
      [
        code(name),
        whole(nsPerEvent),
        ...times,
        whole(eventsPerSecond),
        whole(allocatedBytesPerEvent),
        `${percent(gc.share)} %`,
      ],
    ];
  });
  return table(
    ['alone', 'ns/event', 'p50 ns', 'p99 ns', 'p99.9 ns', 'events/s', 'B allocated/event', 'GC'],
    rows,
  );
}

function pipelineTable(handlers: readonly HandlerReport[]): string[] {
  const rows = handlers.flatMap(({ name, pipeline }) =>
    pipeline.map(({ workers, eventsPerSecond, bytesPerSecond, speedUp, bottleneck }) => [
      code(name),
      String(workers),
      whole(eventsPerSecond),
      (bytesPerSecond / 1e6).toFixed(1),
      Number.isNaN(speedUp) ? '' : `${speedUp.toFixed(2)}×`,
      bottleneck,
    ]),
  );
  return table(['in the pipeline', 'workers', 'events/s', 'MB/s', 'speed-up', 'bottleneck'], rows);
}

function loadTable(handlers: readonly HandlerReport[]): string[] {
  const rows = handlers.flatMap(({ name, atLoad }) =>
    atLoad === undefined
      ? []
      : [
          [
            code(name),
            whole(atLoad.askedPerSecond),
            atLoad.kept ? 'yes' : `no: ${whole(atLoad.reachedPerSecond)}`,
            ...percentileList(atLoad.latencyMs).map(ms => ms?.toFixed(1) ?? ''),
          ],
        ],
  );
  return table(
    ['at a load', 'events/s', 'keeps up', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
    rows,
  );
}

function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
