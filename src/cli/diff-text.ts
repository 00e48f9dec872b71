import type { Difference, Counts } from '../diff/compare-sides.ts';
import { causeOf } from '../diff/compare-line.ts';
import { fieldName } from '../diff/report.ts';
import { onStdout as colours } from './colours.ts';
import { fieldLines } from './field-text.ts';
import { COLUMNS, cut, onOneLine, padded, wrapped } from './text-columns.ts';

/** What two handlers make different, as people read it: counts, fields, and the first events. */

/** Fields of an event, and fields of all, that are shown. */
const FIELDS_SHOWN = 5;
const TOP_SHOWN = 10;
/** Most fields that are counted; what comes after that is counted as one. */
const FIELDS_COUNTED = 1000;

const TITLES = {
  changed: 'changed',
  'only-old': 'only the old one gives something',
  'only-new': 'only the new one gives something',
  'dead-old': 'dead in the old one only',
  'dead-new': 'dead in the new one only',
} as const;

/** One event, or the end of a key, with the fields that differ. */
export function differenceText(difference: Difference): string {
  const { kind, fields } = difference;
  const title = `${placeText(difference)}: ${TITLES[kind]}`;
  const lines = [colours.yellow(cut(`± ${onOneLine(title)}`, COLUMNS))];
  if (kind === 'dead-old' || kind === 'dead-new') {
    const { reason, error } = JSON.parse(
      causeOf((kind === 'dead-old' ? difference.old : difference.new).dead!),
    ) as { reason: string; error: { message: string } };
    lines.push(
      ...wrapped(onOneLine(`${reason}: ${error.message}`), COLUMNS - 8).map(text => `        ${text}`),
    );
    if ('event' in difference) lines.push(cut(`        event: ${onOneLine(difference.event)}`, COLUMNS));
  }
  for (const field of fields.slice(0, FIELDS_SHOWN)) {
    lines.push(...fieldLines(fieldName(field), field.old, field.new, (old, now) => `${old} → ${now}`));
  }
  const rest = fields.length - FIELDS_SHOWN;
  if (rest > 0) lines.push(`        and ${rest} more ${rest === 1 ? 'field' : 'fields'}`);
  return lines.map(text => `${text}\n`).join('');
}

function placeText(difference: Difference): string {
  if ('end' in difference) return `end of the key ${JSON.stringify(difference.end)}`;
  const { source, line } = difference;
  // The first line of a topic has the offset 0.
  return `${source} ${source.startsWith('topic:') ? `offset ${line - 1}` : `line ${line}`}`;
}

/** How often each field differs. */
export class FieldCounts {
  readonly #counts = new Map<string, number>();
  #others = 0;

  add({ kind, fields }: Difference): void {
    if (kind !== 'changed') return;
    const names = new Set(
      fields.map(({ topic, path }) =>
        fieldName({ path, old: '', new: '', ...(topic === undefined ? {} : { topic }) }),
      ),
    );
    for (const name of names) {
      const count = this.#counts.get(name);
      if (count === undefined && this.#counts.size >= FIELDS_COUNTED) this.#others++;
      else this.#counts.set(name, (count ?? 0) + 1);
    }
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  text(): string {
    const top = [...this.#counts].sort((a, b) => b[1] - a[1]);
    const rows = top
      .slice(0, TOP_SHOWN)
      .map(
        ([name, count]) =>
          `  ${padded(count.toLocaleString('en-US'), 10, true)}  ${cut(onOneLine(name), COLUMNS - 14)}`,
      );
    const rest = top.length - rows.length + this.#others;
    if (rest > 0) rows.push(`  and ${rest.toLocaleString('en-US')} more`);
    return `fields that differ, in how many events:\n${rows.join('\n')}\n`;
  }
}

/** The counts. `sides` are the names of the old and the new one. */
export function countsText(counts: Counts, [old, now]: readonly [string, string]): string {
  const rows: [string, number][] = [
    ['same', counts.same],
    ['changed', counts.changed],
    ['only old', counts.onlyOld],
    ['only new', counts.onlyNew],
    ['dead in old only', counts.deadOld],
    ['dead in new only', counts.deadNew],
  ];
  const lines = rows
    .filter(([name, count]) => count > 0 || name === 'same')
    .map(([name, count]) => `  ${padded(count.toLocaleString('en-US'), 10, true)}  ${name}`);
  const { events, ends } = counts;
  const ofEnds =
    ends === 0
      ? ''
      : `, ${ends.toLocaleString('en-US')} of them ${ends === 1 ? 'the end of a key' : 'ends of keys'}`;
  const title = `${old} → ${now}, ${events.toLocaleString('en-US')} events${ofEnds}:`;
  return `${wrapped(onOneLine(title), COLUMNS).join('\n')}\n${lines.join('\n')}\n`;
}
