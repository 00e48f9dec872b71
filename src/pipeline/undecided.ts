import { MillraceError } from '../base/errors.ts';

/** What is shown of an event, in bytes. */
const EXCERPT_BYTES = 60;

/** `--where` took too long for an event. */
export class Undecided extends MillraceError {
  /** `name` is what the event is called, where it has a name. */
  constructor(name: string | undefined, event: Uint8Array, timeoutMs: number) {
    const text = Buffer.from(event.subarray(0, EXCERPT_BYTES)).toString();
    const excerpt = event.length > EXCERPT_BYTES ? `${text}…` : text;
    super(
      'MILLRACE_EVENT_FAILED',
      `cannot decide --where for ${name ?? 'an event'}, ${excerpt}: it takes longer than ${timeoutMs} ms`,
      {
        hint: 'write the regular expression without nested repetition such as (a+)+, or look at the length first: path.length < 200 && …',
      },
    );
  }
}
