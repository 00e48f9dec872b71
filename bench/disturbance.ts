import { watchOthers } from '../src/bench/process-times.ts';

/**
 * How much of the machine others used while the bench ran.
 *
 * On a busy machine the scheduler gives every thread that wants to run its share, so a program with more threads than
 * cores gains on one that has as many: then the times say less than the processor time for a million events.
 */

const MUCH = 0.1;

/** Starts to watch; the result says, at the end, what is to be said about it. */
export function watchDisturbance(): () => string {
  const othersShare = watchOthers();
  return () => {
    const share = othersShare();
    if (share === undefined) return '';
    const line = `other processes had ${(share * 100).toFixed(0)} % of the cores meanwhile`;
    if (share < MUCH) return line;
    return `${line}: that favours programs with many threads; compare the CPU times`;
  };
}
