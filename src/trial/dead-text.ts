/** Dead letters as a case has them: what is the same on every machine. */

/** Reasons whose error is the handler's own; the messages of others may be those of another Node. */
const OWN_REASONS = new Set(['handler-threw', 'bad-result']);

interface DeadLetter {
  readonly line: number;
  readonly reason: string;
  readonly error: { readonly message: string; readonly stack?: string };
  readonly event?: string;
  readonly eventBase64?: string;
}

/** The dead letter with as much of it as `dead.ndjson` needs. */
export function shortLetter(letter: string): string {
  const { line, reason, error, event, eventBase64 } = JSON.parse(letter) as DeadLetter;
  const message = OWN_REASONS.has(reason) ? { error: { message: error.message } } : {};
  return JSON.stringify({ line, reason, ...message, event, eventBase64 });
}

/** Why the event died, and where in the handler, as seen from the directory `from`. */
export function causeOf(letter: string, from: string): string {
  const { reason, error } = JSON.parse(letter) as DeadLetter;
  const [frame] = error.stack?.split('\n') ?? [];
  return `${reason}: ${error.message}${frame === undefined ? '' : ` ${frame.trim().replace(`${from}/`, '')}`}`;
}
