import { compareEvents } from '../compare/compare-events.ts';
import { fieldDifferences } from '../compare/fields.ts';
import { parseExactly } from '../compare/exact-json.ts';
import { linesOf } from '../compare/lines.ts';
import type { LineOutcome } from './line-outcome.ts';
import type { Emission } from './side.ts';

/** Holds what two handlers made of one event against each other. */

export type DifferenceKind = 'changed' | 'only-old' | 'only-new' | 'dead-old' | 'dead-new';

/** A field that differs; values as JSON, undefined where there is none. */
export interface ChangedField {
  /** Where the outcome is that of a topic to which it was emitted, or one of several events. */
  readonly topic?: string;
  readonly output?: number;
  readonly path: readonly string[];
  readonly old: string | undefined;
  readonly new: string | undefined;
}

export interface LineDifference {
  readonly kind: DifferenceKind;
  readonly fields: readonly ChangedField[];
}

/** As many fields as are told of one event. */
const FIELDS_MAX = 20;

/** What differs, or undefined where nothing does. `exactly` tells apart what is the same JSON and is spelt in another way. */
export function compareLine(
  old: LineOutcome,
  now: LineOutcome,
  exactly: boolean,
): LineDifference | undefined {
  if (old.dead !== undefined || now.dead !== undefined) return compareDead(old, now);
  const isSame = old.bytes.equals(now.bytes);
  if (isSame && old.emitted.length === 0 && now.emitted.length === 0) return undefined;
  const fields = isSame ? [] : outputDifferences(old.bytes, now.bytes, exactly);
  for (const topic of topicsOf(old.emitted, now.emitted)) {
    const [before, after] = [textOf(old.emitted, topic), textOf(now.emitted, topic)];
    if (before !== after)
      fields.push(...textDifferences(before, after, exactly).map(one => ({ topic, ...one })));
  }
  if (fields.length === 0) return undefined;
  const [hadAny, hasAny] = [old, now].map(({ bytes, emitted }) => bytes.length + emitted.length > 0);
  const kind = !hadAny ? 'only-new' : !hasAny ? 'only-old' : 'changed';
  return { kind, fields: fields.slice(0, FIELDS_MAX) };
}

function compareDead(old: LineOutcome, now: LineOutcome): LineDifference | undefined {
  if (now.dead === undefined) return { kind: 'dead-old', fields: [] };
  if (old.dead === undefined) return { kind: 'dead-new', fields: [] };
  const [before, after] = [causeOf(old.dead), causeOf(now.dead)];
  const fields = fieldDifferences(parseExactly(before), parseExactly(after)).map(changedField);
  return fields.length === 0 ? undefined : { kind: 'changed', fields };
}

/** Why a line is dead, without what depends on the place of the handler. */
export function causeOf(letter: string): string {
  const { reason, error } = JSON.parse(letter) as { reason: string; error: { message: string } };
  return JSON.stringify({ reason, error: { message: error.message } });
}

function outputDifferences(old: Buffer, now: Buffer, exactly: boolean): ChangedField[] {
  return textDifferences(old.toString('utf8'), now.toString('utf8'), exactly);
}

function textDifferences(old: string, now: string, exactly: boolean): ChangedField[] {
  const [before, after] = [linesOf(old, exactly), linesOf(now, exactly)];
  const isOne = before.length <= 1 && after.length <= 1;
  return compareEvents(before, after).flatMap((difference): ChangedField[] => {
    const line = difference.kind === 'missing' ? difference.expected : difference.actual;
    const place = isOne ? {} : { output: line.number - 1 };
    if (difference.kind === 'missing') return [{ ...place, path: [], old: line.text, new: undefined }];
    if (difference.kind === 'extra') return [{ ...place, path: [], old: undefined, new: line.text }];
    const { expected, actual, fields } = difference;
    // Nothing but the spelling differs.
    if (fields.length === 0) return [{ ...place, path: [], old: expected.text, new: actual.text }];
    return fields.map(field => ({ ...place, ...changedField(field) }));
  });
}

function changedField(field: {
  readonly path: readonly string[];
  readonly expected: string | undefined;
  readonly actual: string | undefined;
}): ChangedField {
  return { path: field.path, old: field.expected, new: field.actual };
}

function topicsOf(old: readonly Emission[], now: readonly Emission[]): Set<string> {
  return new Set([...old, ...now].map(({ topic }) => topic));
}

function textOf(emitted: readonly Emission[], topic: string): string {
  return emitted
    .filter(one => one.topic === topic)
    .map(({ event }) => `${event}\n`)
    .join('');
}
