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
