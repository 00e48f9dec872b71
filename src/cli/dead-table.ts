import { onStdout as chalk } from './colours.ts';
import type { DeadReport, LetterRow, ReasonFigures } from './dead-report.ts';
import { countedLetters } from './dead-topic.ts';
import { COLUMNS, columnsOf, cut, onOneLine, padded } from './text-columns.ts';

/** What `millrace dead list` shows to people: as wide as the terminal, with nothing in it that could steer it. */

const PLACE_WIDTH_MAX = 20;
const GAP = '  ';

/** `width` is that of the terminal; `reason` the one that was asked for, undefined for all. */
export function deadTable(report: DeadReport, width = COLUMNS, reason?: string): string {
  const { topic, letters, retriedBefore, reasons, last } = report;
  const retried = retriedBefore > 0 ? `; those before offset ${retriedBefore} were retried` : '';
  if (letters === 0) {
    return `${chalk.bold(topic)}: no dead letters${reason === undefined ? '' : ` of the reason ${reason}`}\n`;
  }
  const title = `${chalk.bold(topic)}: ${countedLetters(letters)}${retried}\n`;
  const parts = [title, reasonTable(reasons, width)];
  if (last.length > 0) parts.push(letterTable(last, width));
  return parts.join('\n');
}

function reasonTable(reasons: readonly ReasonFigures[], width: number): string {
  const header = ['REASON', 'COUNT', 'FIRST (UTC)', 'LAST (UTC)'];
  const rows = reasons.map(({ reason, count, first, last }) => [
    onOneLine(reason),
    count.toLocaleString('en-US'),
    shortTime(first),
    shortTime(last),
  ]);
  const widths = widthsOf([header, ...rows]);
  const lines = [heading(header, widths, 1)];
  for (const [at, row] of rows.entries()) {
    const [reason, ...others] = cells(row, widths, 1);
    lines.push(`${chalk.yellow(reason!)}${GAP}${others.join(GAP).trimEnd()}\n`);
    for (const { message, count } of reasons[at]!.messages) {
      lines.push(
        `${chalk.dim(cut(`    ${count.toLocaleString('en-US')} × ${onOneLine(message)}`, width))}\n`,
      );
    }
  }
  return lines.join('');
}

function letterTable(letters: readonly LetterRow[], width: number): string {
  const header = ['OFFSET', 'WHEN (UTC)', 'SOURCE:LINE', 'REASON', 'MESSAGE'];
  const rows = letters.map(({ offset, time, source, line, reason, message }) => [
    String(offset),
    shortTime(time),
    cutAtStart(`${onOneLine(source)}:${line}`, PLACE_WIDTH_MAX),
    onOneLine(reason),
    onOneLine(message),
  ]);
  const widths = widthsOf([header, ...rows]);
  const before = widths.slice(0, -1).reduce((sum, columns) => sum + columns + GAP.length, 0);
  widths[4] = Math.max(header[4]!.length, width - before);
  const lines = rows.map(row => {
    const [offset, when, place, reason] = cells(row.slice(0, 4), widths, 0);
    return [offset, chalk.dim(when), place, chalk.yellow(reason), cut(row[4]!, widths[4]!)].join(GAP);
  });
  return [heading(header, widths, 0), ...lines.map(line => `${line.trimEnd()}\n`)].join('');
}

function heading(header: readonly string[], widths: readonly number[], numbers: number): string {
  return `${chalk.bold(cells(header, widths, numbers).join(GAP).trimEnd())}\n`;
}

/** The cells of a row, each as wide as its column; those of the column `numbers` stand at its right. */
function cells(row: readonly string[], widths: readonly number[], numbers: number): string[] {
  return row.map((cell, column) => padded(cell, widths[column]!, column === numbers));
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  return rows[0]!.map((_, column) => Math.max(...rows.map(row => columnsOf(row[column]!))));
}

/** To the minute. */
function shortTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** `text`, or as much of its end as fits: of a path that is what tells files apart. */
function cutAtStart(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const chars = Array.from(text);
  while (columnsOf(chars.join('')) >= width) chars.shift();
  return `…${chars.join('')}`;
}
