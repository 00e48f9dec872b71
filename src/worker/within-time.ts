/** The time that an event may take, as long as its handler gives the thread back; lane.ts sees to those that do not. */

export class TimedOut extends Error {}

export function timedOutMessage(timeoutMs: number, what = 'the handler'): string {
  return `${what} took longer than ${timeoutMs} ms`;
}

/** What `promise` resolves to; rejects with TimedOut after `timeoutMs`, and tells `onTimeUp`. 0 is for ever. */
export async function withinTime<Value>(
  promise: PromiseLike<Value>,
  timeoutMs: number,
  onTimeUp: (error: TimedOut) => void,
): Promise<Value> {
  if (timeoutMs === 0) return promise;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new TimedOut(timedOutMessage(timeoutMs));
      onTimeUp(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
