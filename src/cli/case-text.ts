import type { DeadDifference } from '../trial/compare-dead.ts';
import type { EventDifference } from '../compare/compare-events.ts';
import { causeOf, shortLetter } from '../trial/dead-text.ts';
import type { FieldDifference } from '../compare/fields.ts';
import { type CaseResult, hasPassed } from '../trial/run-case.ts';
import type { Line } from '../compare/lines.ts';
import { pathText } from '../inspect/path-text.ts';
import { onStdout as colours } from './colours.ts';
import { fieldLines } from './field-text.ts';
import { COLUMNS, cut, onOneLine, wrapped } from './text-columns.ts';

/** The result of a case as people read it: a tick or a cross, and what differs. */

/** Differences of one case that are shown. */
const SHOWN_MAX = 10;
/** All that is printed for a case; `changes` are those that `--update` has made. */
export function caseText(result: CaseResult, changes: readonly string[]): string {
  const passed = hasPassed(result);
  const isUpdated = changes.length > 0 && result.problems.length === 0;
  const mark = passed ? colours.green('✓') : isUpdated ? colours.yellow('±') : colours.red('✗');
  const lines = [`${mark} ${cut(onOneLine(result.folder.name), COLUMNS - 2)}`];
  for (const change of changes) lines.push(`    ${cut(onOneLine(change), COLUMNS - 5)}`);
  for (const problem of result.problems) lines.push(...paragraph(problem));
  if (changes.length === 0) lines.push(...differences(result));
  return lines.map(line => `${line}\n`).join('');
}

function differences({ outputs, dead }: CaseResult): string[] {
  const events = outputs.flatMap(({ file, differences: own }) =>
    own.map(difference => eventLines(difference, file)),
  );
  const parts = [...events, ...dead.map(deadLines)];
  const rest = parts.length - SHOWN_MAX;
  const more = rest > 0 ? [`    and ${rest} more ${rest === 1 ? 'difference' : 'differences'}`] : [];
  return [...parts.slice(0, SHOWN_MAX).flat(), ...more];
}

function eventLines(difference: EventDifference, file: string): string[] {
  if (difference.kind === 'missing') {
    const { expected } = difference;
    return [...paragraph(`${file} line ${expected.number} did not come out`), ...minus(expected)];
  }
  if (difference.kind === 'extra') {
    return [
      ...paragraph(`event ${difference.actual.number} is not in ${file}`),
      ...plus(difference.actual.text),
    ];
  }
  const { expected, actual, fields } = difference;
  const title = `${file} line ${expected.number}, event ${actual.number}`;
  const same = fields.length === 0 ? paragraph('only spacing, the order or the spelling differs') : [];
  return [
    ...paragraph(title),
    ...minus(expected),
    ...plus(actual.text),
    ...fields.flatMap(caseFieldLines),
    ...same,
  ];
}

function deadLines({ line, expected, actual, fields }: DeadDifference): string[] {
  if (actual === undefined) {
    const what =
      line === undefined
        ? `dead.ndjson line ${expected!.number} does not say which "line" of the input it is of`
        : `dead.ndjson line ${expected!.number}: no such dead letter for line ${line} of the input`;
    return [...paragraph(what), ...minus(expected!)];
  }
  if (expected === undefined) {
    return [
      ...paragraph(`line ${line} of the input became a dead letter`),
      ...plus(shortLetter(actual.text)),
      ...paragraph(causeOf(actual.text, process.cwd()), 8),
    ];
  }
  const title = `dead.ndjson line ${expected.number}, of line ${line} of the input`;
  return [
    ...paragraph(title),
    ...minus(expected),
    ...plus(shortLetter(actual.text)),
    ...fields.flatMap(caseFieldLines),
  ];
}

function minus({ text, value }: Line): string[] {
  const line = colours.red(cut(`      - ${onOneLine(text)}`, COLUMNS));
  return value === undefined ? [line, ...paragraph('this line is not JSON', 8)] : [line];
}

function plus(text: string): string[] {
  return [colours.green(cut(`      + ${onOneLine(text)}`, COLUMNS))];
}

function caseFieldLines({ path, expected, actual }: FieldDifference): string[] {
  const name = path.length === 0 ? 'the event' : pathText(path);
  return fieldLines(name, expected, actual, (before, now) => `expected ${before}, got ${now}`);
}

function paragraph(text: string, indent = 4): string[] {
  return wrapped(onOneLine(text), COLUMNS - indent).map(line => ' '.repeat(indent) + line);
}
