import { pathText } from '../inspect/path-text.ts';
import { causeOf, type ChangedField } from './compare-line.ts';
import type { Difference, EventDifference } from './compare-sides.ts';
import type { LineOutcome } from './line-outcome.ts';

/** An event that differs, or a key, as one line of JSON. All that is JSON in it stands as it was written, with all digits. */
export function reportLine(difference: Difference): string {
  const { kind, fields, old, new: now } = difference;
  const members = [
    ...placeMembers(difference),
    `"kind":"${kind}"`,
    `"fields":[${fields.map(fieldJson).join(',')}]`,
    ...('end' in difference ? [] : [eventMember(difference)]),
    `"old":${outcomeJson(old)}`,
    `"new":${outcomeJson(now)}`,
  ];
  return `{${members.join(',')}}\n`;
}

function placeMembers(difference: Difference): string[] {
  if ('end' in difference) return [`"end":${JSON.stringify(difference.end)}`];
  const { source, line } = difference;
  const place = source.startsWith('topic:') ? `"offset":${line - 1}` : `"line":${line}`;
  return [`"source":${JSON.stringify(source)}`, place];
}

function eventMember({ event }: EventDifference): string {
  const own = asJson(event);
  return own === undefined ? `"text":${JSON.stringify(event)}` : `"event":${own}`;
}

/** `user.plan`; with the topic and the number of the output where these are needed to find it. */
export function fieldName({ topic, output, path }: ChangedField): string {
  const name = path.length === 0 ? 'the event' : pathText(path);
  const number = output === undefined ? '' : `${output + 1}. `;
  return `${topic === undefined ? '' : `${topic}: `}${number}${name}`;
}

function fieldJson(field: ChangedField): string {
  const { topic, output, path } = field;
  const members = [
    ...(topic === undefined ? [] : [`"topic":${JSON.stringify(topic)}`]),
    ...(output === undefined ? [] : [`"output":${output}`]),
    `"path":${JSON.stringify(path.length === 0 ? '' : pathText(path))}`,
    ...(field.old === undefined ? [] : [`"old":${field.old}`]),
    ...(field.new === undefined ? [] : [`"new":${field.new}`]),
  ];
  return `{${members.join(',')}}`;
}

function outcomeJson({ bytes, emitted, dead }: LineOutcome): string {
  if (dead !== undefined) return `{"dead":${causeOf(dead)}}`;
  const events = bytes.toString('utf8').split('\n').slice(0, -1);
  const own = `"events":[${events.map(event => asJson(event) ?? JSON.stringify(event)).join(',')}]`;
  if (emitted.length === 0) return `{${own}}`;
  const others = emitted.map(({ topic, event }) => `{"topic":${JSON.stringify(topic)},"event":${event}}`);
  return `{${own},"emitted":[${others.join(',')}]}`;
}

function asJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return text.trim();
  } catch {
    return undefined;
  }
}
