import { mostPresent } from '../inspect/field-table.ts';
import type { FieldReport, KeyReport, Report, TimeReport } from '../inspect/report.ts';
import { counted, duration, exactly, percent, roughly, trimmed } from '../inspect/wording.ts';
import { onStdout as chalk } from './colours.ts';
import { formatBytes } from './format.ts';
import { COLUMNS, columnsOf, cut, onOneLine, padded, wrapped } from './text-columns.ts';

/** What `millrace inspect` shows to people: at most 80 columns wide, with nothing in it that could steer a terminal. */

const LABEL_WIDTH = 14;
const FIELDS_SHOWN = 60;
const PATH_WIDTH_MAX = 30;
const EVEN_GROUP = 1 / 256;

/** Rows of a label and what is said of it; a row without a label goes on with the one above. */
type Rows = readonly (readonly [label: string, text: string])[];

export function inspectTable(report: Report): string {
  const { time, key } = report;
  const parts = [
    section('Input', inputRows(report)),
    time === undefined ? '' : section(`Time: ${time.path}`, timeRows(time)),
    key === undefined ? candidates(report) : section(`Key: ${key.path}`, keyRows(key)),
    fieldTable(report),
    title('Advice') + report.advice.map(text => bullet(text)).join(''),
  ];
  return parts.filter(part => part !== '').join('\n');
}

function title(text: string): string {
  return `${chalk.bold(cut(onOneLine(text), COLUMNS))}\n`;
}

function section(name: string, rows: Rows): string {
  return title(name) + rows.map(([label, text]) => row(label, text)).join('');
}

function row(label: string, text: string): string {
  const lines = wrapped(onOneLine(text), COLUMNS - LABEL_WIDTH - 2);
  const shown = lines.map((line, at) => `  ${chalk.dim((at === 0 ? label : '').padEnd(LABEL_WIDTH))}${line}`);
  return `${shown.join('\n').replaceAll(/ +$/gm, '')}\n`;
}

function bullet(text: string): string {
  const lines = wrapped(onOneLine(text), COLUMNS - 4);
  return `${lines.map((line, at) => `${at === 0 ? `  ${chalk.cyan('-')} ` : '    '}${line}`).join('\n')}\n`;
}

function inputRows(report: Report): Rows {
  const { sources, ended, lines, bytes, events, blank, invalid, tooLong, sizes } = report;
  const rest = sources.length > 1 ? ` and ${counted(sources.length - 1, 'other')}` : '';
  const early = { 'at-end': '', 'at-limit': ' (stopped at --limit)', interrupted: ' (interrupted)' }[ended];
  const rows: [string, string][] = [
    ['read', `${cut(sources[0] ?? 'nothing', 40)}${rest}${early}`],
    ['events', `${exactly(events)} in ${counted(lines, 'line')}, ${formatBytes(bytes)}`],
    ['not events', `blank ${share(blank)}, invalid ${share(invalid)}, longer than 1 MiB ${share(tooLong)}`],
  ];
  for (const { source, line, reason } of invalid.first) {
    const place = sources.length > 1 ? `${cut(source, 30)} line ${exactly(line)}` : `line ${exactly(line)}`;
    rows.push(['', cut(onOneLine(`${place}: ${reason}`), COLUMNS - LABEL_WIDTH - 2)]);
  }
  if (sizes !== undefined) {
    const { min, p50, p90, p99, max } = sizes;
    const [middle, ninety, most] = [p50, p90, p99].map(size => exactly(Math.round(size)));
    rows.push([
      'event bytes',
      `min ${exactly(min)}, p50 ${middle}, p90 ${ninety}, p99 ${most}, max ${exactly(max)}`,
    ]);
  }
  return rows;
}

function share(of: { readonly lines: number; readonly share: number }): string {
  return of.lines === 0 ? '0' : `${exactly(of.lines)} (${percent(of.share)})`;
}

const FOUND = {
  named: 'as named',
  'by-name': 'found by its name',
  'by-value': 'found by its values',
} as const;
const FORMATS = {
  'iso-8601': 'ISO 8601',
  'iso-8601-without-zone': 'ISO 8601 without a zone, taken as UTC',
  'epoch-seconds': 'seconds since 1970',
  'epoch-milliseconds': 'milliseconds since 1970',
  'epoch-microseconds': 'microseconds since 1970',
  'epoch-nanoseconds': 'nanoseconds since 1970',
} as const;

/** The lag is shown only while it tells more than that the events are old. */
const LAG_SHOWN_MS = 86_400_000;

function timeRows({ found, seen, events }: TimeReport): Rows {
  if (seen === undefined) return [['format', `${FOUND[found]}, but a time in no event`]];
  const { rate, order, lagMs } = seen;
  const { p50, p99, max } = order.latenessMs;
  const isWhole = seen.first === seen.earliest && seen.last === seen.latest;
  const rows: [string, string][] = [
    ['format', `${FORMATS[seen.format]} (${FOUND[found]}), in ${counted(events, 'event')}`],
    ['first, last', `${seen.first}, ${seen.last}`],
    ['span', `${duration(seen.spanMs)}${isWhole ? '' : `, ${seen.earliest} to ${seen.latest}`}`],
    [
      'rate',
      `${trimmed(rate.perSecond)} events a second on average; ${exactly(rate.peak)} in the busiest, ${trimmed(rate.peakTimesMean)} times the average, at ${rate.peakAt.slice(0, 19)}Z`,
    ],
    ['order', order.late === 0 ? 'no event is earlier than one before it' : lateness()],
  ];
  if (lagMs.p50 < LAG_SHOWN_MS) {
    rows.push([
      'lag to now',
      `p50 ${duration(Math.max(0, lagMs.p50))}, p99 ${duration(Math.max(0, lagMs.p99))}, max ${duration(Math.max(0, lagMs.max))}`,
    ]);
  }
  return rows;

  function lateness(): string {
    const late = `${exactly(order.late)} events (${percent(order.lateShare)}) are earlier than one before them`;
    return `${late}, by p50 ${duration(p50)}, p99 ${duration(p99)}, max ${duration(max)} over all events; largest step back ${duration(order.stepBackMaxMs)}`;
  }
}

function keyRows({ events, share: withKey, distinct, heavy, heavyErrorMax, groups, lanes }: KeyReport): Rows {
  if (events === 0) return [['events', 'none has it']];
  const { count, exact, standardError } = distinct;
  const how = exact ? 'counted' : `estimated by HyperLogLog, ±${percent(standardError)} standard error`;
  const rows: [string, string][] = [
    ['events', `${exactly(events)} (${percent(withKey)}) have it`],
    ['distinct keys', `${exact ? '' : 'about '}${exactly(count)} (${how})`],
    [
      'key groups',
      `${groups.used} of 256 in use; the biggest has ${percent(groups.biggestShare)} of the events (${percent(EVEN_GROUP)} is even)`,
    ],
    [
      'busiest lane',
      lanes
        .map(({ workers, busiestShare }) => `${counted(workers, 'worker')} ${percent(busiestShare)}`)
        .join(', '),
    ],
  ];
  const shares = heavy.map(key => percent(key.share));
  const width = Math.max(...shares.map(text => text.length));
  for (const [at, { key }] of heavy.entries()) {
    rows.push([at === 0 ? 'heaviest keys' : '', `${shares[at]!.padStart(width)} ${cut(onOneLine(key), 50)}`]);
  }
  if (heavy.length === 0) rows.push(['heaviest keys', 'none stands out']);
  if (heavy.length > 0 && heavyErrorMax > 0) {
    rows.push(['', `(Space-Saving: each may be up to ${counted(heavyErrorMax, 'event')} too high)`]);
  }
  return rows;
}

function candidates({ keyCandidates }: Report): string {
  if (keyCandidates.length === 0) return '';
  return section(
    'Fields that may do as a key',
    keyCandidates.map(({ path, distinct, biggestShareMax }) => [
      cut(onOneLine(path), LABEL_WIDTH - 1),
      `about ${roughly(distinct)} values, none with more than ${percent(biggestShareMax)} of the events`,
    ]),
  );
}

function fieldTable({ event, fields, moreFields }: Report): string {
  if (event === undefined) return '';
  const isObject = event.types.object === 1;
  const all = isObject ? fields : [{ ...event, path: '(the event)' }, ...fields];
  const shown = mostPresent(all, FIELDS_SHOWN);
  const cells = shown.map(field => [
    cut(onOneLine(field.path), PATH_WIDTH_MAX),
    percent(field.presence),
    types(field),
    field.distinct === undefined ? '' : roughly(field.distinct),
    example(field),
  ]);
  const header = ['PATH', 'IN', 'TYPES', 'DISTINCT', 'EXAMPLE'];
  const widths = header.map((name, at) => Math.max(name.length, ...cells.map(cell => columnsOf(cell[at]!))));
  widths[0] = Math.min(PATH_WIDTH_MAX, widths[0]!);
  widths[2] = Math.min(18, widths[2]!);
  widths[4] = Math.max(7, COLUMNS - 2 - widths.slice(0, 4).reduce((sum, width) => sum + width + 2, 0));
  const line = (cell: readonly string[]): string =>
    `  ${cell.map((text, at) => padded(cut(text, widths[at]!), widths[at]!, at === 1 || at === 3)).join('  ')}`.trimEnd();
  // Above a thousand they are not counted but estimated.
  const about = (number: number): string =>
    fields.length + moreFields > 1000 ? `about ${roughly(number)}` : exactly(number);
  const missing = all.length - shown.length + moreFields;
  const more =
    missing > 0 ? `  and ${about(missing)} more, in fewer events; --json has up to 200 fields\n` : '';
  const count = fields.length + moreFields;
  return `${title(`Fields: ${about(count)}`)}${chalk.dim(line(header))}\n${cells.map(cell => `${line(cell)}\n`).join('')}${more}`;
}

/** `string`, or where there are several the most frequent first: `string 90%, null`. */
function types({ types: shares }: FieldReport): string {
  const sorted = Object.entries(shares).sort(([, one], [, other]) => other - one);
  if (sorted.length === 1) return sorted[0]![0];
  return sorted.map(([type, part], at) => (at === 0 ? `${type} ${percent(part)}` : type)).join(', ');
}

function example({ example: value }: FieldReport): string {
  return value === undefined ? '' : onOneLine(String(value));
}
