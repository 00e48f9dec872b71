/** From what a handler returned to the text of an event. */

/** The handler returned something that no event can be; the message says what. */
export class BadResult extends Error {}

/** `value` as JSON; throws BadResult where there is no JSON for it. */
export function toJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new BadResult(`the handler returned ${value}, which JSON does not have`);
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new BadResult(`the handler returned a value that cannot be written as JSON: ${firstLine(error)}`);
  }
  if (json === undefined) {
    throw new BadResult(`the handler returned a ${typeof value}, which cannot be written as JSON`);
  }
  return json;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
