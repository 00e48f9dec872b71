import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk';

/** Colours where a terminal has them, and NO_COLOR (no-color.org) does not forbid it: chalk itself does not look at that. */

export const onStdout: ChalkInstance = coloursFor(supportsColor);
export const onStderr: ChalkInstance = coloursFor(supportsColorStderr);

function coloursFor(support: typeof supportsColor): ChalkInstance {
  const isForbidden = (process.env['NO_COLOR'] ?? '') !== '';
  return new Chalk({ level: isForbidden || support === false ? 0 : support.level });
}
