import { EXIT } from '../base/errors.ts';
import type { Pacer } from '../replay/pacer.ts';
import { type Replayed, replay, type ReplayOptions } from '../replay/replay.ts';
import { onStderr as chalk } from './colours.ts';
import { formatBytes } from './format.ts';
import { timeText } from './replay-display.ts';
import type { ReplayFlags } from './replay-options.ts';
import { openSession, openSink } from './replay-session.ts';
import { printError } from './report-error.ts';
import { writeFigures } from './summary.ts';

/** A replay without a handler: shows how far it is, and tells at the end what was given out. */

interface Outcome {
  readonly replayed: Replayed;
  readonly seconds: number;
  readonly invalid: number;
  readonly isInterrupted: boolean;
}

/** Gives the exit status. */
export async function replayAndReport(names: readonly string[], flags: ReplayFlags): Promise<number> {
  const session = await openSession(names, flags);
  const { inputs, stretch, timeField, pacer, signals, stop, display } = session;
  const startedMs = performance.now();
  let filters: ReplayOptions['filters'] | undefined;
  try {
    let invalid = 0;
    filters = await openFilters(flags, lines => {
      invalid += lines;
    });
    const sink = await openSink(flags, session);
    session.begin();
    const options = { inputs, stretch, timeField, timeUnit: flags.timeUnit, filters };
    const replayed = await replay(options, sink, {
      stopped: stop.signal,
      pacer,
      tell: session.tell,
      onShare: share => display?.share(share),
    });
    session.end();
    const isInterrupted = signals.interrupted.aborted;
    const seconds = (performance.now() - startedMs) / 1000;
    const outcome = { replayed, seconds, invalid, isInterrupted };
    if (display !== undefined) process.stderr.write(account(pacer, outcome));
    if (invalid > 0) printError(`${invalid} lines are no JSON, and were left out`);
    if (flags.summary !== undefined) await writeFigures(flags.summary, figuresOf(pacer, outcome));
    if (isInterrupted) return signals.exitStatus;
    return invalid > 0 ? EXIT.deadLetters : EXIT.done;
  } finally {
    session.end();
    await filters?.where?.close();
  }
}

async function openFilters(
  { where, select, timeout: timeoutMs }: ReplayFlags,
  onInvalid: (lines: number) => void,
): Promise<ReplayOptions['filters']> {
  if (where === undefined && select === undefined) return { where: undefined, select: undefined, onInvalid };
  const { EventFilter } = await import('../pipeline/event-filter.ts');
  return {
    where:
      where === undefined
        ? undefined
        : new EventFilter({ where, select: undefined, isCommitted: false, timeoutMs }),
    select:
      select === undefined ? undefined : new EventFilter({ where: undefined, select, isCommitted: false }),
    onInvalid,
  };
}

function account(pacer: Pacer, { replayed, seconds, isInterrupted }: Outcome): string {
  const { events, firstMs, timeMs, withoutTime, lateMsMax } = pacer.progress;
  const lines = [
    `${events.toLocaleString('en-US')} events, ${formatBytes(replayed.bytes)}, in ${seconds.toFixed(seconds < 10 ? 2 : 1)} s${isInterrupted ? chalk.yellow(', interrupted') : ''}`,
  ];
  if (events > 0 && !Number.isNaN(timeMs)) {
    lines.push(`from ${timeText(firstMs)} to ${timeText(timeMs)}`);
  }
  if (withoutTime > 0) lines.push(`${withoutTime.toLocaleString('en-US')} of them without a time`);
  if (lateMsMax > 100) lines.push(chalk.yellow(`up to ${(lateMsMax / 1000).toFixed(1)} s late`));
  return `${lines.map(line => `  ${line}`).join('\n')}\n`;
}

function timeOrNull(ms: number): string | null {
  return Number.isNaN(ms) ? null : timeText(ms);
}

function figuresOf(pacer: Pacer, { replayed, seconds, invalid, isInterrupted }: Outcome): object {
  const { events, withoutTime, firstMs, timeMs, lateMsMax } = pacer.progress;
  return {
    events,
    bytes: replayed.bytes,
    withoutTime,
    invalid,
    firstTime: timeOrNull(firstMs),
    lastTime: timeOrNull(timeMs),
    lateMsMax,
    seconds,
    interrupted: isInterrupted,
  };
}
