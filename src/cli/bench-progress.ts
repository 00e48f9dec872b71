import progress from 'cli-progress';
import type { Progress } from '../bench/schedule.ts';
import { onStderr as chalk } from './colours.ts';

/** How far a bench is, on a terminal; elsewhere nothing. */
export interface BenchProgress {
  readonly show: (progress: Progress) => void;
  /** Takes it away; may be called again. */
  readonly stop: () => void;
}

export function showBenchProgress(): BenchProgress {
  if (process.stderr.isTTY !== true) return { show: () => undefined, stop: () => undefined };
  const bar = new progress.SingleBar({
    stream: process.stderr,
    format: `  ${chalk.cyan('{bar}')} {percentage}%  {left}  {what}`,
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    linewrap: false,
  });
  let isShown = false;
  return {
    show({ what, share, secondsLeft }) {
      const payload = { what, left: leftText(secondsLeft) };
      if (isShown) bar.update(Math.round(share * 100), payload);
      else bar.start(100, Math.round(share * 100), payload);
      isShown = true;
    },
    stop() {
      if (isShown) bar.stop();
      isShown = false;
    },
  };
}

function leftText(seconds: number): string {
  if (seconds < 1) return 'almost done';
  if (seconds < 90) return `about ${Math.round(seconds)} s left`;
  return `about ${Math.round(seconds / 60)} min left`;
}
