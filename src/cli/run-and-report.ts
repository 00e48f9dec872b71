import { EXIT } from '../base/errors.ts';
import type { RunHooks, RunOptions, RunOutcome } from '../pipeline/run-options.ts';
import { DeadTeller } from './dead-teller.ts';
import { printError } from './report-error.ts';
import { catchSignals } from './signals.ts';
import { writeSummary } from './summary.ts';

/** Runs, shows how far it is, and tells at the end what became of the events; gives the exit status. */
export async function runAndReport(options: RunOptions, summaryFile: string | undefined): Promise<number> {
  const signals = catchSignals();
  const onTerminal = process.stderr.isTTY === true;
  const display = onTerminal ? await (await import('./progress.ts')).startDisplay(options) : undefined;
  const dead = new DeadTeller(options.to.kind === 'stdout' ? options.to.deadFile : undefined);
  try {
    const outcome = await start(options, {
      interrupted: signals.interrupted,
      onStart: view => display?.begin(view),
      onDead: letter => dead.tell(letter),
      onNote: printError,
    });
    display?.end(outcome);
    dead.end();
    if (summaryFile !== undefined) await writeSummary(summaryFile, options, outcome);
    return exitStatus(options, outcome, signals.exitStatus);
  } finally {
    display?.stop();
    signals.release();
  }
}

async function start(options: RunOptions, hooks: RunHooks): Promise<RunOutcome> {
  const { to, reading } = options;
  if (reading.spool && to.kind === 'log') {
    return (await import('../pipeline/spooled-run.ts')).spooledRun(options, to, hooks);
  }
  return (await import('../pipeline/run.ts')).run(options, hooks);
}

/** The exit status of a run that has come to its end. */
export function exitStatus(options: RunOptions, outcome: RunOutcome, signalStatus: number): number {
  if (outcome.interrupted) return signalStatus;
  return outcome.account.dead > 0 && options.onError !== 'skip' ? EXIT.deadLetters : EXIT.done;
}
