/**
 * What a handler's result is waited for: where it is a promise, or an array in which there are some. Each item of an array counts
 * as it would alone.
 */

/** Whether `value`, the handler's result for `event`, is to be waited for. */
export function isPending(value: unknown, event: unknown): boolean {
  return isThenable(value) || holdsPromises(value, event);
}

/** The result that `value` comes to; rejects where a promise in it does. */
export async function settledResult(value: unknown, event: unknown): Promise<unknown> {
  const result: unknown = await value;
  return holdsPromises(result, event) ? Promise.all(result) : result;
}

/** The event itself may be an array; that is one event, with what is in it. */
function holdsPromises(value: unknown, event: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value !== event && value.some(isThenable);
}

/** Looked up in the object itself where its prototype has no `then`: that takes half the time, for objects of any shape. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.getPrototypeOf(value) === Object.prototype && !Object.hasOwn(value, 'then')) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
