import { Progress } from './protocol.ts';

/**
 * Watches a thread from outside: a handler that never gives its thread back cannot be timed out from within.
 *
 * Looks now and then whether the thread is still at the same event. A handler that awaits is told by the thread itself,
 * a little earlier (within-time.ts).
 */

/** How often the watch looks, as a share of the time-out. */
const LOOK_SHARE = 1 / 4;
/** What a thread gets beyond the time-out to report an asynchronous event by itself. */
const GRACE_MS = 100;

/** Calls `onHang` if one event takes longer than `timeoutMs`; 0 is for ever. The result ends the watch. */
export function watchForHang(progress: Int32Array, timeoutMs: number, onHang: () => void): () => void {
  if (timeoutMs === 0) return () => undefined;
  let seenCount = -1;
  let sinceMs = 0;
  const look = (): void => {
    const count = progress[Progress.count]!;
    const now = performance.now();
    if (progress[Progress.busy] === 0 || count !== seenCount) {
      seenCount = count;
      sinceMs = now;
    } else if (now - sinceMs > timeoutMs + GRACE_MS) {
      onHang();
    }
  };
  const timer = setInterval(look, Math.max(1, timeoutMs * LOOK_SHARE)).unref();
  return () => clearInterval(timer);
}
