import { MillraceError, reasonOf } from '../base/errors.ts';
import { LANE_DEATHS_MAX } from '../base/limits.ts';
import type { EndOutcome, EndResult, LoadFailure } from './protocol.ts';

/** What goes wrong with a handler as a whole, in words. `handlerName` is the file as the user named it. */

export function diedMessage(cause: unknown): string {
  return `the handler ended its thread: ${reasonOf(cause)}`;
}

export function diesTooOften(handlerName: string, cause: unknown): MillraceError {
  return new MillraceError(
    'MILLRACE_HANDLER_DIES',
    `"${handlerName}" ended its thread ${LANE_DEATHS_MAX} times in a row, last with: ${reasonOf(cause)}`,
    { hint: 'mend the handler; run the same command again to go on from the last commit', cause },
  );
}

/** What the handler has made of the end of the input; throws MILLRACE_HANDLER_END where it has failed. */
export function endedWell(handlerName: string, [outcome]: readonly EndOutcome[]): EndResult {
  if (!('failed' in outcome!)) return outcome!;
  const { key, error } = outcome.failed;
  const frame = error.stack === undefined ? '' : ` ${error.stack.split('\n')[0]}`;
  throw endError(
    `"${handlerName}" failed at the end of the input, for the key "${key}": ${error.message}${frame}`,
  );
}

export function endDied(handlerName: string, cause: unknown, hungMs: number | undefined): MillraceError {
  const what =
    hungMs === undefined ? `ended its thread: ${reasonOf(cause)}` : `took longer than ${hungMs} ms`;
  return endError(`"${handlerName}" ${what}, at the end of the input`);
}

function endError(message: string): MillraceError {
  return new MillraceError('MILLRACE_HANDLER_END', message, {
    hint: 'mend "end"; a run into a topic has committed all events, and the same command goes on with it',
  });
}

export function loadError(handlerName: string, failure: LoadFailure): MillraceError {
  if (failure.failed !== 'load') {
    return new MillraceError(
      'MILLRACE_HANDLER_EXPORT',
      `"${handlerName}" is not a handler: ${failure.message}`,
      {
        hint:
          failure.failed === 'option'
            ? 'mend what stands beside its "handle"; docs/HANDLERS.md has all options'
            : 'export a function as default: export default event => event.status >= 500',
      },
    );
  }
  // The first that stands in a file: above it may be functions of the language.
  const frame = failure.stack?.split('\n').find(line => /\/.*:\d+:\d+/.test(line) && !line.includes('node:'));
  const where = frame === undefined ? '' : ` (${frame.trim()})`;
  return new MillraceError(
    'MILLRACE_HANDLER_LOAD',
    `"${handlerName}" failed while it was loaded: ${failure.message}${where}`,
    {
      hint: 'mend the handler, or install what it imports',
    },
  );
}
