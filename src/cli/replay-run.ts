import type { RunOptions } from '../pipeline/run-options.ts';
import { run } from '../pipeline/run.ts';
import { pacedSources } from '../replay/replayed-source.ts';
import { SinkOutput } from '../replay/sink-output.ts';
import { DeadTeller } from './dead-teller.ts';
import { handlingOptions, toLog } from './handling-options.ts';
import { defaultReading } from './input-options.ts';
import { closingAccount } from './progress.ts';
import type { ReplayFlags } from './replay-options.ts';
import { openSession, openSink, type Session } from './replay-session.ts';
import { isToTopic } from './replay-uses.ts';
import { exitStatus } from './run-and-report.ts';
import { writeSummary } from './summary.ts';

/** A replay as a run: into a handler, a topic, or both. */

/** Gives the exit status. */
export async function replayAsRun(names: readonly string[], flags: ReplayFlags): Promise<number> {
  const session = await openSession(names, flags);
  const { signals, stop, display } = session;
  const dead = new DeadTeller(undefined, 'with a topic in --to all of them are kept');
  try {
    const sink = isToTopic(flags)
      ? undefined
      : new SinkOutput(
          await openSink(flags, session),
          letter => {
            display?.takeAway();
            dead.tell(letter);
          },
          () => stop.abort(),
        );
    const to = sink ?? toLog(flags.to, flags.job ?? flags.to, flags.fresh ?? false, flags);
    const options = runOptions(session, flags, to);
    session.begin();
    const outcome = await run(options, { interrupted: stop.signal, onNote: session.tell });
    await sink?.end();
    session.end();
    outcome.account.blank = Math.max(0, outcome.account.blank - session.pacer.progress.leftOut);
    // A key that ends it, or a reader that goes away, is no interruption.
    const ended = { ...outcome, interrupted: signals.interrupted.aborted };
    if (display !== undefined) process.stderr.write(closingAccount(options, ended));
    dead.end();
    if (flags.summary !== undefined) await writeSummary(flags.summary, options, ended);
    return exitStatus(options, ended, signals.exitStatus);
  } finally {
    session.end();
  }
}

function runOptions(session: Session, flags: ReplayFlags, to: RunOptions['to']): RunOptions {
  const { inputs, stretch, timeField, pacer, stop, display } = session;
  const paced = {
    stretch,
    timeField,
    timeUnit: flags.timeUnit,
    pacer,
    stopped: stop.signal,
    onShare: (share: number | undefined) => display?.share(share),
  };
  return Object.freeze({
    ...handlingOptions(flags.handler, flags),
    inputs: inputs.map(({ input }) => input),
    sources: pacedSources(
      inputs.map(input => ({ input })),
      paced,
    ),
    reading: defaultReading(flags.store, flags.maxLine),
    to,
  });
}
