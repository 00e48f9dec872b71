import { reasonOf } from '../base/errors.ts';
import { LINE_BYTES_LIMIT } from '../base/limits.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { deliverTo } from '../client/deliver.ts';
import { RealAlarm } from '../replay/alarm.ts';
import { findInputs, type Input } from '../replay/inputs.ts';
import { Pacer } from '../replay/pacer.ts';
import type { Stretch } from '../replay/pieces.ts';
import type { Sink } from '../replay/sink.ts';
import { defaultReading } from './input-options.ts';
import { ReplayDisplay } from './replay-display.ts';
import { readKeys } from './replay-keys.ts';
import { type ReplayFlags, stretchOf, timeFieldOption } from './replay-options.ts';
import { printError } from './report-error.ts';
import { sendingOptions } from './sending-options.ts';
import { catchSignals, type Signals } from './signals.ts';

/** What every replay has, with a handler or without: inputs, a pacer, signals, and on a terminal keys and a display. */
export interface Session {
  readonly inputs: readonly Input[];
  readonly stretch: Stretch;
  readonly timeField: ReturnType<typeof timeFieldOption>;
  readonly pacer: Pacer;
  readonly signals: Signals;
  /** Aborted when the replay is to end: by a signal, a key, or because nobody takes anything. */
  readonly stop: AbortController;
  readonly display: ReplayDisplay | undefined;
  /** Begins to show, and to listen to the keyboard. */
  readonly begin: () => void;
  /** Tells the user something. */
  readonly tell: (note: string) => void;
  /** Gives everything back; may be called again. */
  readonly end: () => void;
}

export async function openSession(names: readonly string[], flags: ReplayFlags): Promise<Session> {
  const stretch = stretchOf(flags, names.length);
  const timeField = timeFieldOption(flags);
  const reading = defaultReading(flags.store, LINE_BYTES_LIMIT);
  const inputs = await findInputs(names, flags.store, reading, printError);
  const signals = catchSignals();
  const stop = new AbortController();
  signals.interrupted.addEventListener('abort', () => stop.abort());
  const pacer = new Pacer({
    speed: flags.speed ?? 1,
    gapMsMax: flags.maxGap ?? Number.POSITIVE_INFINITY,
    alarm: new RealAlarm(),
    stopped: stop.signal,
  });
  const onTerminal = process.stderr.isTTY === true;
  const display = onTerminal ? new ReplayDisplay(pacer, process.stdout.isTTY === true) : undefined;
  let keys: ReturnType<typeof readKeys> | undefined;
  return {
    inputs,
    stretch,
    timeField,
    pacer,
    signals,
    stop,
    display,
    begin: () => {
      if (display === undefined) return;
      if (flags.keys && !names.includes('-')) {
        const hooks = { onChange: display.draw, onStop: display.takeAway };
        keys = readKeys({ pacer, quit: () => stop.abort(), ...hooks });
      }
      display.begin(keys?.isOn ?? false);
    },
    tell: note => {
      display?.takeAway();
      printError(note);
    },
    end: () => {
      keys?.release();
      keys = undefined;
      display?.end();
      signals.release();
    },
  };
}

/** Standard output or an address; on a terminal the display makes room for what is written. */
export async function openSink(
  flags: ReplayFlags,
  { stop, display, signals, tell }: Pick<Session, 'stop' | 'display' | 'signals' | 'tell'>,
): Promise<Sink> {
  const { to } = flags;
  if (to === '-') {
    const out = standardOutput();
    const sink = Object.assign(out, { end: () => Promise.resolve(), abort: () => undefined });
    return display === undefined ? sink : besideDisplay(sink, display);
  }
  const ack = flags.ack ?? false;
  const isHttp = /^https?:/i.test(to);
  const sending = sendingOptions(flags);
  // After an interrupt nothing is waited for: what is not sent then is told of, and the status is the interrupt's.
  let closed = false;
  const unlessInterrupted = (error: unknown): void => {
    if (!signals.interrupted.aborted) throw error;
    if (!closed) tell(reasonOf(error));
    closed = true;
  };
  const receiver = await deliverTo(to, {
    ...sending,
    ack,
    producer: flags.producer,
    // A token is for whoever is known: in plain lines it would be an event for anybody else.
    token: ack || isHttp || flags.tokenFile !== undefined ? sending.token : undefined,
    stopped: stop.signal,
  }).catch(unlessInterrupted);
  return {
    get closed() {
      return closed;
    },
    write: async bytes => receiver?.write(bytes).catch(unlessInterrupted),
    end: async () => receiver?.end().catch(unlessInterrupted),
    abort: () => receiver?.abort(),
  };
}

function besideDisplay(sink: Sink, display: ReplayDisplay): Sink {
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
