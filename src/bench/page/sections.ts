import { coverageText } from '../coverage-text.ts';
import { percentileList } from '../quantiles.ts';
import type { Verdict } from '../verdict.ts';
import type {
  AloneReport,
  BenchReport,
  Comparison,
  CpuReport,
  HandlerReport,
  HotSpot,
  PipelineReport,
} from '../report.ts';
import { card, drawing, element, figure, table } from './dom.ts';
import { flameGraph } from './flame.ts';
import { distribution, lines } from './plots.ts';
import { bytesText, countText, shareText, timeText } from './words.ts';

/** The parts of the page. */

export function comparisonSection({ name, baseline, verdict, sameOutputs, saved }: Comparison): HTMLElement {
  const outputs =
    sameOutputs === undefined ? undefined : sameOutputs ? 'outputs are the same' : 'outputs differ';
  return card(
    `${name} against ${baseline}${saved === undefined ? '' : `, as of ${saved}`}`,
    element('p', { class: `verdict ${verdict.finding}` }, verdict.text),
    outputs === undefined ? undefined : element('p', sameOutputs === true ? {} : { class: 'note' }, outputs),
    intervalPicture(verdict),
    element(
      'p',
      { class: 'dim' },
      `${verdict.pairs} launches; chance alone does as much with probability ${verdict.probability.toPrecision(2)}`,
    ),
  );
}

function stroke(from: string, to: string, y1: string, y2: string, colour: string, width: string): SVGElement {
  return drawing('line', { x1: from, x2: to, y1, y2, stroke: colour, 'stroke-width': width });
}

/** The interval beside the line where both would take the same time. */
function intervalPicture({ ratio, interval: { low, high } }: Verdict): Node | undefined {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return undefined;
  // No more than all of the time can be saved.
  const reach = Math.min(1, Math.max(Math.abs(low - 1), Math.abs(high - 1), 0.02) * 1.2);
  const x = (value: number): string => `${50 + Math.min(1, (value - 1) / reach) * 48}%`;
  const dot = drawing('circle', { cx: x(ratio), cy: '20', r: '6', fill: 'var(--one)' });
  const picture = drawing(
    'svg',
    { width: '100%', height: '40', role: 'img', 'aria-label': 'interval of the ratio' },
    stroke('50%', '50%', '2', '38', 'var(--dim)', '1'),
    stroke(x(low), x(high), '20', '20', 'var(--one)', '3'),
    dot,
  );
  const scale = element(
    'p',
    { class: 'dim', style: 'display:flex;justify-content:space-between' },
    element('span', {}, `${shareText(reach)} faster`),
    element('span', {}, 'same'),
    element('span', {}, `${shareText(reach)} slower`),
  );
  return element('div', {}, picture, scale);
}

export function handlerSection(handler: HandlerReport, index: number): HTMLElement {
  const { name, key, alone, pipeline, atLoad, profile, heap } = handler;
  const cards: (HTMLElement | undefined)[] = [
    alone && aloneCard(alone),
    alone?.single &&
      card(
        'Time of single events',
        distribution([{ name, bins: alone.single.bins }], timeText),
        percentiles(alone),
      ),
    pipeline.length > 0 ? scalingCard(pipeline) : undefined,
    pipeline.length > 0 ? stageCard(pipeline) : undefined,
    pipeline.length > 0 ? overTimeCard(pipeline) : undefined,
    atLoad &&
      card(
        `Latency at ${countText(atLoad.askedPerSecond)} events/s, ${atLoad.workers} workers`,
        element(
          'p',
          {},
          atLoad.kept ? 'keeps up' : `falls behind: ${countText(atLoad.reachedPerSecond)} events/s`,
        ),
        distribution([{ name, bins: atLoad.bins }], ms => timeText(ms * 1e6)),
        table(
          ['', 'p50', 'p90', 'p99', 'p99.9', 'max'],
          [['arrival to commit', ...percentileTexts(atLoad.latencyMs, 1e6)]],
        ),
      ),
    heap && card(`Allocation: ${bytesText(heap.bytes)}`, hotTable(heap.functions)),
  ];
  return element(
    'section',
    { class: 'handler' },
    element('h2', {}, name, key === undefined ? '' : `, by ${key}`),
    element('div', { class: 'grid' }, ...cards),
    profile && flameCard(profile, index),
  );
}

function aloneCard(alone: AloneReport): HTMLElement {
  const { nsPerEvent, interval, eventsPerSecond, bytesPerSecond, allocatedBytesPerEvent, gc, single } = alone;
  const range = Number.isFinite(interval.low)
    ? `${timeText(interval.low)} to ${timeText(interval.high)}`
    : '';
  return card(
    'Alone, on one thread',
    element(
      'div',
      { class: 'figures' },
      figure(timeText(nsPerEvent), `an event${range === '' ? '' : `, 95 %: ${range}`}`),
      figure(countText(eventsPerSecond), 'events/s'),
      figure(`${bytesText(bytesPerSecond)}/s`, 'of input'),
      figure(bytesText(allocatedBytesPerEvent), 'allocated an event'),
      figure(shareText(gc.share), `in ${gc.pauses} garbage collections`),
    ),
    ...(single === undefined
      ? []
      : shares({ parse: single.parse, handle: single.handle, encode: single.encode })),
  );
}

const SHARE_COLOURS = ['one', 'two', 'three'];

function shares(all: Readonly<Record<string, number>>): HTMLElement[] {
  const entries = Object.entries(all);
  const parts = entries.map(([name, share], at) =>
    element('div', {
      style: `width:${share * 100}%;background:var(--${SHARE_COLOURS[at]})`,
      title: `${name} ${shareText(share)}`,
    }),
  );
  const keys = entries.flatMap(([name, share], at) => [
    element('span', { class: 'key', style: `background:var(--${SHARE_COLOURS[at]})` }),
    `${name} ${shareText(share)}`,
  ]);
  return [element('div', { class: 'bar' }, ...parts), element('p', { class: 'dim' }, ...keys)];
}

function percentiles({ single }: AloneReport): HTMLElement {
  return table(['', 'p50', 'p90', 'p99', 'p99.9', 'max'], [['an event', ...percentileTexts(single!, 1)]]);
}

/** Of times in units of so many nanoseconds. */
function percentileTexts(told: Parameters<typeof percentileList>[0], unitNs: number): string[] {
  return percentileList(told).map(time => (time === undefined ? '' : timeText(time * unitNs)));
}

function scalingCard(pipeline: readonly PipelineReport[]): HTMLElement {
  const [first] = pipeline as readonly [PipelineReport];
  const xs = pipeline.map(({ workers }) => workers);
  const measured = { name: 'measured', xs, ys: pipeline.map(({ eventsPerSecond }) => eventsPerSecond) };
  const ideal = {
    name: 'as the first',
    xs,
    ys: xs.map(x => (first.eventsPerSecond * x) / first.workers),
    dashed: true,
  };
  return card(
    `In the pipeline, ${first.to === 'log' ? 'into the log' : 'without the log'}`,
    lines([measured, ideal], { name: 'workers', told: String }, countText),
    table(
      ['workers', 'events/s', 'bytes/s', 'speed-up', 'efficiency', 'memory', 'loop p99'],
      pipeline.map(row => [
        String(row.workers),
        countText(row.eventsPerSecond),
        bytesText(row.bytesPerSecond),
        row.speedUp === null || Number.isNaN(row.speedUp) ? '' : `${row.speedUp.toFixed(2)}×`,
        row.efficiency === null || Number.isNaN(row.efficiency) ? '' : shareText(row.efficiency),
        bytesText(row.peakBytes),
        timeText(row.loopDelayMs.p99 * 1e6),
      ]),
    ),
  );
}

function stageCard(pipeline: readonly PipelineReport[]): HTMLElement {
  const parts = pipeline.flatMap(({ workers, stages, bottleneck }) => [
    element('p', {}, `${workers} ${workers === 1 ? 'worker' : 'workers'}: `, element('b', {}, bottleneck)),
    ...Object.entries(stages).map(([name, share]) =>
      element(
        'div',
        { class: 'stage' },
        element('span', {}, name),
        element('div', { class: 'track' }, element('div', { style: `width:${share * 100}%` })),
        element('span', { class: 'dim' }, shareText(share)),
      ),
    ),
  ]);
  return card('Share of the time at each stage', ...parts);
}

function overTimeCard(pipeline: readonly PipelineReport[]): HTMLElement {
  const all = pipeline.map(({ workers, overTime }) => ({
    name: `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    xs: overTime.map(({ seconds }) => seconds),
    ys: overTime.map(({ eventsPerSecond }) => eventsPerSecond),
  }));
  return card(
    'Events a second over time, in the last round',
    lines(all, { name: 'seconds', told: seconds => `${seconds.toFixed(1)} s` }, countText),
  );
}

function hotTable(spots: readonly HotSpot[]): HTMLElement {
  return table(
    ['function', 'where', 'share'],
    spots.map(({ name, place, share }) => [name, place, shareText(share)]),
  );
}

function flameCard({ functions, lines: hotLines, flame }: CpuReport, index: number): HTMLElement {
  const section = card('Where the time goes', flameGraph(flame));
  section.id = `flame-${index}`;
  return element(
    'div',
    {},
    section,
    element(
      'div',
      { class: 'grid' },
      card('Hottest functions', hotTable(functions)),
      hotLines.length > 0 ? card('Hottest lines of the handler', hotTable(hotLines)) : undefined,
    ),
  );
}

export function machineCard({ machine, millrace, input, seed, seconds }: BenchReport): HTMLElement {
  const others =
    machine.othersShare === undefined ? [] : [['cores used by others', shareText(machine.othersShare)]];
  const coverage = coverageText(input);
  return card(
    'Machine and versions',
    table(
      ['', ''],
      [
        ['cores', `${machine.cores}, ${machine.cpu}`],
        ['memory', `${machine.memoryGiB} GiB`],
        ['system', machine.platform],
        ['node', `${machine.node}, V8 ${machine.v8}`],
        ['millrace', millrace],
        ['load at the start', machine.load.toFixed(1)],
        ...others,
        [
          'input',
          `${input.names.join(', ')}: ${input.isPart ? 'the first ' : ''}${countText(input.events)} events, ${bytesText(input.bytes)}`,
        ],
        ...(coverage === undefined ? [] : [['alone', coverage]]),
        ['seed', String(seed)],
        ['took', `${seconds.toFixed(0)} s`],
      ],
    ),
  );
}
