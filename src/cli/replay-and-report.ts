import { writeFile } from 'node:fs/promises';
import { EXIT, MillraceError, reasonOf } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { LINE_BYTES_LIMIT } from '../base/limits.ts';
import { deliverTo, isDeliverable } from '../client/deliver.ts';
import { RealAlarm } from '../replay/alarm.ts';
import { findInputs } from '../replay/inputs.ts';
import { Pacer } from '../replay/pacer.ts';
import { type Replayed, replay } from '../replay/replay.ts';
import type { Sink } from '../replay/sink.ts';
import { onStderr as chalk } from './colours.ts';
import { formatBytes } from './format.ts';
import { defaultReading } from './input-options.ts';
import { ReplayDisplay, timeText } from './replay-display.ts';
import { readKeys } from './replay-keys.ts';
import { type ReplayFlags, stretchOf, timeFieldOption } from './replay-options.ts';
import { printError } from './report-error.ts';
import { readPem, readToken } from './secrets.ts';
import { catchSignals } from './signals.ts';

/** Replays, shows how far it is, and tells at the end what was given out; gives the exit status. */
export async function replayAndReport(names: readonly string[], flags: ReplayFlags): Promise<number> {
  const stretch = stretchOf(flags, names.length);
  const timeField = timeFieldOption(flags);
  const reading = defaultReading(flags.store, LINE_BYTES_LIMIT);
  const inputs = await findInputs(names, flags.store, reading, printError);
  let invalid = 0;
  const filters = await openFilters(flags, lines => {
    invalid += lines;
  });
  const signals = catchSignals();
  const stop = new AbortController();
  signals.interrupted.addEventListener('abort', () => stop.abort());
  const pacer = new Pacer({
    speed: flags.speed,
    gapMsMax: flags.maxGap ?? Number.POSITIVE_INFINITY,
    alarm: new RealAlarm(),
    stopped: stop.signal,
  });
  const display =
    process.stderr.isTTY === true ? new ReplayDisplay(pacer, process.stdout.isTTY === true) : undefined;
  const keys =
    flags.keys && display !== undefined && !names.includes('-') ? keysFor(pacer, display, stop) : undefined;
  const startedMs = performance.now();
  try {
    const sink = shown(await openSink(flags, stop.signal), display);
    display?.begin(keys?.isOn ?? false);
    const replayed = await replay({ inputs, stretch, timeField, timeUnit: flags.timeUnit, filters }, sink, {
      stopped: stop.signal,
      pacer,
      tell: note => {
        display?.takeAway();
        printError(note);
      },
      onShare: share => display?.share(share),
    });
    display?.end();
    const outcome = { replayed, seconds: (performance.now() - startedMs) / 1000, invalid };
    if (display !== undefined) process.stderr.write(account(pacer, outcome, signals.interrupted.aborted));
    if (invalid > 0) printError(`${invalid} lines are no JSON, and were left out`);
    if (flags.summary !== undefined) await writeFigures(flags.summary, pacer, outcome);
    if (signals.interrupted.aborted) return signals.exitStatus;
    return invalid > 0 ? EXIT.deadLetters : EXIT.done;
  } finally {
    keys?.release();
    display?.end();
    signals.release();
  }
}

interface Outcome {
  readonly replayed: Replayed;
  readonly seconds: number;
  readonly invalid: number;
}

async function openFilters(
  { where, select }: ReplayFlags,
  onInvalid: (lines: number) => void,
): Promise<Parameters<typeof replay>[0]['filters']> {
  if (where === undefined && select === undefined) return { where: undefined, select: undefined, onInvalid };
  const { EventFilter } = await import('../pipeline/event-filter.ts');
  return {
    where: where === undefined ? undefined : new EventFilter(where, undefined, false),
    select: select === undefined ? undefined : new EventFilter(undefined, select, false),
    onInvalid,
  };
}

function keysFor(pacer: Pacer, display: ReplayDisplay, stop: AbortController): ReturnType<typeof readKeys> {
  return readKeys({
    pacer,
    quit: () => stop.abort(),
    onChange: display.draw,
    onStop: display.takeAway,
  });
}

async function openSink(flags: ReplayFlags, stopped: AbortSignal): Promise<Sink> {
  const { to } = flags;
  if (to === '-') {
    if (flags.ack === true || flags.producer !== undefined) {
      throw new MillraceError('MILLRACE_USAGE', '--ack and --producer go only with an address in --to');
    }
    const out = standardOutput();
    return Object.assign(out, { end: () => Promise.resolve(), abort: () => undefined });
  }
  if (!isDeliverable(to)) throw new MillraceError('MILLRACE_USAGE', `cannot replay to "${to}"`);
  const ack = flags.ack ?? false;
  const isHttp = /^https?:/i.test(to);
  const receiver = await deliverTo(to, {
    ack,
    producer: flags.producer,
    // A token is for whoever is known: in plain lines it would be an event for anybody else.
    token: ack || isHttp || flags.tokenFile !== undefined ? readToken(flags.tokenFile) : undefined,
    tls: {
      ...(flags.tlsCa === undefined ? {} : { ca: readPem('--tls-ca', flags.tlsCa) }),
      ...(flags.tlsCert === undefined ? {} : { cert: readPem('--tls-cert', flags.tlsCert) }),
      ...(flags.tlsKey === undefined ? {} : { key: readPem('--tls-key', flags.tlsKey) }),
    },
    retryMs: flags.retry,
    stopped,
  });
  return {
    closed: false,
    write: bytes => receiver.write(bytes),
    end: () => receiver.end(),
    abort: () => receiver.abort(),
  };
}

/** A sink before which the line of the display makes room. */
function shown(sink: Sink, display: ReplayDisplay | undefined): Sink {
  if (display === undefined) return sink;
  return {
    get closed() {
      return sink.closed;
    },
    write: async bytes => {
      display.makeRoom();
      await sink.write(bytes);
      display.comeBack();
    },
    end: () => sink.end(),
    abort: () => sink.abort(),
  };
}

function account(pacer: Pacer, { replayed, seconds }: Outcome, isInterrupted: boolean): string {
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

async function writeFigures(
  path: string,
  pacer: Pacer,
  { replayed, seconds, invalid }: Outcome,
): Promise<void> {
  const { events, withoutTime, firstMs, timeMs, lateMsMax } = pacer.progress;
  const figures = {
    events,
    bytes: replayed.bytes,
    withoutTime,
    invalid,
    firstTime: timeOrNull(firstMs),
    lastTime: timeOrNull(timeMs),
    lateMsMax,
    seconds,
  };
  try {
    await writeFile(path, `${JSON.stringify(figures)}\n`);
  } catch (error) {
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
