import { isatty } from 'node:tty';
import { EXIT } from '../base/errors.ts';

/**
 * Ctrl-C and SIGTERM: the first asks the run to finish what it has begun, the second ends the process at once, as it
 * would without us; what was committed stays.
 */
export interface Signals {
  readonly interrupted: AbortSignal;
  /** The exit status that belongs to the signal that came. */
  readonly exitStatus: number;
  readonly release: () => void;
}

export function catchSignals(): Signals {
  const controller = new AbortController();
  let status: number = EXIT.sigint;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      release();
      restoreTerminal();
      process.kill(process.pid, signal);
      return;
    }
    status = signal === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint;
    controller.abort();
  };
  const release = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    interrupted: controller.signal,
    get exitStatus() {
      return status;
    },
    release,
  };
}

/** Shows the cursor, and lets long lines go on in the next row, as a display has taken away. */
const AS_BEFORE = '\u001b[?25h\u001b[?7h';

/** A signal that is left to the system ends the process without anything of node's or ours being done at its end. */
function restoreTerminal(): void {
  if (isatty(0) && process.stdin.isRaw) process.stdin.setRawMode(false);
  if (process.stderr.isTTY) process.stderr.write(AS_BEFORE);
}
