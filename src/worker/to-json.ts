import { patchText } from './patch-text.ts';

/** From what a handler returned to the text of an event. */

/** The handler returned something that no event can be; the message says what. */
export class BadResult extends Error {}

/** `value` as JSON; throws BadResult where there is no JSON for it. */
export function toJson(value: unknown): string {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return String(value);
    throw new BadResult(`the handler returned ${value}, which JSON does not have`);
  }
  const json = encode(() => JSON.stringify(value) as string | undefined);
  if (json === undefined) {
    throw new BadResult(`the handler returned a ${typeof value}, which cannot be written as JSON`);
  }
  return json;
}

/** The JSON of a member's value, or undefined where JSON.stringify leaves the member out; throws BadResult. */
export function memberJson(name: string, value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  const json = encode(() => JSON.stringify({ [name]: value }));
  return json === '{}' ? undefined : json.slice(JSON.stringify(name).length + 2, -1);
}

/**
 * The text of an event, which was `text` and is `value` now, with its changes only; undefined stands for a text that
 * JSON.stringify would have written. Throws BadResult.
 */
export function patchedJson(text: string | undefined, value: unknown): string {
  const json = encode(() =>
    text === undefined ? (JSON.stringify(value) as string | undefined) : patchText(text, value),
  );
  if (json === undefined) throw new BadResult('the handler returned an event whose toJSON gives nothing');
  return json;
}

/** What `stringify` gives; throws BadResult where it throws. */
export function encode<Json>(stringify: () => Json): Json {
  try {
    return stringify();
  } catch (error) {
    throw new BadResult(`the handler returned a value that cannot be written as JSON: ${firstLine(error)}`);
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
