import { isUint8Array } from 'node:util/types';
import type { DeadError } from './dead-letter.ts';

/**
 * What a handler threw, as a dead letter keeps it. It may be anything, and looking at it may throw again; a description
 * of it must not.
 */
export function describeThrown(thrown: unknown): DeadError {
  try {
    if (!(thrown instanceof Error)) return { message: `the handler threw ${describeValue(thrown)}` };
    const stack = userStack(thrown);
    const error = { name: String(thrown.name), message: String(thrown.message) };
    return stack === undefined ? error : { ...error, stack };
  } catch {
    return { message: `the handler threw a ${typeof thrown} that cannot be described` };
  }
}

function describeValue(value: unknown): string {
  if (isUint8Array(value)) return `${value.length} bytes`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  return JSON.stringify(value) ?? String(value);
}

/** Where our own frames are, as they stand in a stack: also those of what handlers import from millrace. */
const OWN = new URL('..', import.meta.url).href;

/** The frames of the handler and what it calls, without millrace's own below them, or above them in what we replace. */
export function userStack(error: Error): string | undefined {
  if (typeof error.stack !== 'string') return undefined;
  // Node's own are left out: which of them stand below an event that was awaited is chance.
  const frames = error.stack
    .split('\n')
    .filter(line => line.trimStart().startsWith('at ') && !line.includes('node:internal/'));
  const first = frames.findIndex(frame => !isOwn(frame));
  if (first < 0) return undefined;
  const users = frames.slice(first);
  const own = users.findIndex(isOwn);
  return (own < 0 ? users : users.slice(0, own)).map(line => line.trim()).join('\n');
}

function isOwn(frame: string): boolean {
  return frame.includes(OWN) || frame.includes(OWN.slice('file://'.length));
}
