import { isUtf8 } from 'node:buffer';
import type { DeadReason } from '../base/dead-letter.ts';

/**
 * Dead letters: the events that could not be handled, as one JSON object each.
 *
 *     {"source":"a.ndjson","line":3,"offset":120,"reason":"invalid-json","error":{...},"event":"{oops"}
 *
 * `source`, `line` (from 1) and `offset` (bytes) say where the event stood. `event` holds its text, or `eventBase64`
 * its bytes where they are not UTF-8. Of a line that is too long only the beginning is kept, with `eventBytes`, its
 * length. Where the handler has failed, `handler` is its version: a hash of its source and of what that imports by relative
 * paths. Nothing in a dead letter depends on the time or on the run, so that the topic of dead letters is the same
 * however often the run was killed.
 */

export interface DeadError {
  readonly name?: string;
  readonly message: string;
  readonly stack?: string;
  /** How often the handler was called, where that was more than once. */
  readonly attempts?: number;
}

/** The error of a line that is longer than `--max-line`. */
export function lineTooLong(lineBytesMax: number): DeadError {
  return { message: `the line is longer than ${lineBytesMax} bytes` };
}

/** That of the rest of a line whose beginning was handled when it had no newline yet. */
export const LINE_CONTINUED: DeadError = {
  message: 'the line goes on from one that was handled when it had no newline yet',
};

/** The members that tell what happened and to which bytes. `lengthBytes` is given where `bytes` is an excerpt. */
export function deadMembers(
  reason: DeadReason,
  error: DeadError,
  bytes: Uint8Array,
  lengthBytes?: number,
): string {
  const length = lengthBytes === undefined ? '' : `,"eventBytes":${lengthBytes}`;
  return whatHappened(reason, error, length, eventMember(bytes, lengthBytes));
}

/** The same where it was the handler that failed, in this version. */
export function failedMembers(
  reason: DeadReason,
  error: DeadError,
  bytes: Uint8Array,
  version: string | undefined,
): string {
  const handler = version === undefined ? '' : `,"handler":"${version}"`;
  return whatHappened(reason, error, handler, eventMember(bytes, undefined));
}

function whatHappened(reason: DeadReason, error: DeadError, more: string, event: string): string {
  return `"reason":"${reason}","error":${JSON.stringify(error)}${more},${event}`;
}

/** The whole dead letter, ended by a newline. */
export function deadLetter(source: string, line: number, offset: number, members: string): string {
  return `{"source":${JSON.stringify(source)},"line":${line},"offset":${offset},${members}}\n`;
}

function eventMember(bytes: Uint8Array, lengthBytes: number | undefined): string {
  // A buffer of its own: not every function takes shared memory.
  const copy = Buffer.from(bytes);
  const text = lengthBytes === undefined ? copy : copy.subarray(0, wholeCharacters(copy));
  if (isUtf8(text)) return `"event":${JSON.stringify(text.toString('utf8'))}`;
  return `"eventBase64":"${copy.toString('base64')}"`;
}

/** The length of `bytes` without a last character that is cut off in its middle. */
function wholeCharacters(bytes: Uint8Array): number {
  let lead = bytes.length - 1;
  while (lead > 0 && bytes.length - lead < 4 && (bytes[lead]! & 0xc0) === 0x80) lead--;
  const first = bytes[lead] ?? 0;
  const needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return bytes.length - lead < needs ? lead : bytes.length;
}
