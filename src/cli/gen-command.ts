import { isatty } from 'node:tty';
import { type Command, Option } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { FdWriter } from '../base/fd-writer.ts';
import { type Extent, eventsBeforeTheEndOfTime, generate, type Progress } from '../gen/generate.ts';
import { EVENT_BYTES_MAX, type EventsSpec } from '../gen/generator.ts';
import { KEYS_MAX, SKEW_MAX } from '../gen/keys.ts';
import type { Shape } from '../gen/shape.ts';
import { SHAPES } from '../gen/shapes.ts';
import { type Asked, checkNeeds } from './option-uses.ts';
import {
  countBetween,
  numberBetween,
  parseCount,
  parseDuration,
  parseRate,
  parseShare,
  parseStart,
  perSecond,
  sizeBetween,
} from './parse-values.ts';
import {
  addSendingOptions,
  MAYBE_SENDING_NEEDS,
  type SendingFlags,
  sendingOptions,
} from './sending-options.ts';
import { catchSignals } from './signals.ts';

/** `millrace gen`: events to try, test and measure with. */

interface Flags extends SendingFlags {
  readonly count?: number;
  readonly bytes?: number;
  readonly duration?: number;
  readonly rate?: string;
  readonly seed: number;
  readonly keys?: number;
  readonly skew?: number;
  readonly size?: number;
  readonly late: number;
  readonly lateBy: number;
  readonly invalid: number;
  readonly start: number;
  readonly step?: number;
  readonly to: string;
  readonly producer?: string;
}

const START_MS = Date.UTC(2026, 0, 1);
const LATE_BY_MS = 10_000;
/** How late events must have been for it to be told. */
const BEHIND_TOLD_MS = 1000;

const NAMES = SHAPES.map(({ name }) => name).join(', ');

const EXAMPLES = `
Shapes, how long an event is, and its key:
${SHAPES.map(({ name, summary, bytes, key }) => `  ${name.padEnd(9)}${summary} (${bytes} B, ${key})`).join('\n')}

The same options give the same bytes, on every machine and with every version of Node; --late and --invalid leave all other
events as they are. Without --count, --bytes or --duration it goes on until nobody reads any more.

Examples:
  millrace gen access --count 1000000 > access.ndjson
  millrace gen orders | head -n 3
  millrace gen sensors --keys 100000 --skew 1.1 --size 1kB --bytes 500MB --seed 7 > sensors.ndjson
  millrace gen nexmark --rate 20000/s --duration 1m | millrace run q1.ts --to bids
  millrace gen access --late 1% --late-by 30s --invalid 0.1% --count 100000 | millrace inspect
  millrace gen ads --rate 5000/s --start now --to tcp://127.0.0.1:9000`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<shape>', `what kind of events: ${NAMES}`)
    .option('-n, --count <n>', 'how many events', parseCount)
    .option('--bytes <size>', 'how many bytes, and up to the end of the event then', sizeBetween(1, 2 ** 50))
    .option('--duration <duration>', 'for how long, by the clock', parseDuration)
    .option(
      '--rate <rate>',
      'events in a time, each when it is due: 500/s, 30/m (default: as they are taken)',
      parseRate,
    )
    .addOption(new Option('--seed <n>', 'another one gives other events').argParser(parseCount).default(1))
    .option('--keys <n>', "how many keys there are (default: the shape's)", countBetween(1, KEYS_MAX))
    .option(
      '--skew <s>',
      "how unevenly: Zipf's exponent, 0 for evenly (default: the shape's)",
      numberBetween(0, SKEW_MAX),
    )
    .option(
      '--size <size>',
      "about how long an event is (default: the shape's)",
      sizeBetween(1, EVENT_BYTES_MAX),
    )
    .addOption(
      new Option('--late <share>', 'which part is late: 0.01 or 1%').argParser(parseShare).default(0),
    )
    .addOption(
      new Option('--late-by <duration>', 'by how much at most')
        .argParser(parseDuration)
        .default(LATE_BY_MS, '10s'),
    )
    .addOption(
      new Option('--invalid <share>', 'which part is no valid JSON').argParser(parseShare).default(0),
    )
    .addOption(
      new Option('--start <time>', 'time of the first event: 2026-01-01T00:00:00Z, or now')
        .argParser(parseStart)
        .default(START_MS, '2026-01-01T00:00:00Z'),
    )
    .option(
      '--step <duration>',
      "time from one event to the next (default: that of --rate, or the shape's)",
      parseDuration,
    )
    .option('-t, --to <address>', 'a millrace that listens with --ack, instead of standard output', '-')
    .option(
      '--producer <name>',
      'with --to, name under which events are numbered, so that the same command goes on',
    );
  addSendingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, flags: Flags) => {
      checkUses(command, flags);
      exitWith(await generateAll(name, flags));
    });
}

/** Throws MILLRACE_USAGE at what would be without effect. */
function checkUses(command: Asked, flags: Flags): void {
  checkNeeds(command, flags, MAYBE_SENDING_NEEDS);
  const isLate = command.getOptionValueSource('late') === 'cli';
  checkNeeds(command, flags, { lateBy: [{ words: '--late', holds: () => isLate }] });
}

async function generateAll(name: string, flags: Flags): Promise<number> {
  const spec = eventsSpec(shapeNamed(name), flags);
  const extent = extentOf(spec, flags);
  const progress: Progress = { events: 0, bytes: 0, behindMs: 0 };
  const signals = catchSignals();
  try {
    const pieces = generate(spec, extent, progress, signals.interrupted);
    if (flags.to === '-') await print(pieces);
    else await sendTo(flags.to, pieces, flags);
    tellBehind(progress);
    if (signals.interrupted.aborted) return signals.exitStatus;
    if (flags.count === undefined && progress.events === extent.count) throw endOfTime(progress.events);
    return EXIT.done;
  } finally {
    signals.release();
  }
}

function shapeNamed(name: string): Shape {
  const found = SHAPES.find(shape => shape.name === name);
  if (found !== undefined) return found;
  throw new MillraceError('MILLRACE_USAGE', `there is no shape "${name}"`, { hint: `take one of ${NAMES}` });
}

function eventsSpec(shape: Shape, flags: Flags): EventsSpec {
  const { keys, skew, rate, step } = flags;
  if (shape.keys === null && (keys ?? skew) !== undefined) {
    throw new MillraceError('MILLRACE_USAGE', `"${shape.name}" has rules of its own for its keys`, {
      hint: 'leave out --keys and --skew, or take another shape',
    });
  }
  return {
    shape,
    seed: flags.seed,
    keys: keys ?? shape.keys ?? 1,
    skew: skew ?? shape.skew,
    bytes: flags.size ?? shape.bytes,
    late: flags.late,
    lateByMs: flags.lateBy,
    invalid: flags.invalid,
    startMs: flags.start,
    stepMs: step ?? (rate === undefined ? shape.stepMs : 1000 / perSecond(rate)),
  };
}

function extentOf(spec: EventsSpec, flags: Flags): Extent {
  const { count, bytes, duration, rate, to } = flags;
  const isEndless = (count ?? bytes ?? duration ?? rate) === undefined;
  if (to === '-' && isEndless && isatty(1)) {
    throw new MillraceError('MILLRACE_USAGE', 'there is no end to what would be printed', {
      hint: 'say how much: --count 10, --bytes 1MB or --duration 5s; or pipe it into something',
    });
  }
  const possible = eventsBeforeTheEndOfTime(spec);
  if (count !== undefined && count > possible) throw endOfTime(possible);
  return {
    count: count ?? possible,
    bytes: bytes ?? Number.POSITIVE_INFINITY,
    durationMs: duration ?? Number.POSITIVE_INFINITY,
    rate: rate === undefined ? Number.POSITIVE_INFINITY : perSecond(rate),
  };
}

/** Writes a piece while the next one is made; ends when nobody reads any more. */
async function print(pieces: AsyncIterable<Buffer>): Promise<void> {
  // Not as a stream: node would let a pipe refuse what it cannot take at once.
  const out = new FdWriter(1, isatty(1));
  let written = Promise.resolve();
  for await (const piece of pieces) {
    await written;
    if (out.closed) return;
    written = out.write(piece);
    // It is waited for in the next turn; what goes wrong until then is not left unnoticed.
    written.catch(() => undefined);
  }
  await written;
}

async function sendTo(to: string, pieces: AsyncIterable<Buffer>, flags: Flags): Promise<void> {
  const [{ senderNamed }, { send }, { parseTarget }] = await Promise.all([
    import('../client/producer-name.ts'),
    import('../client/send.ts'),
    import('../client/target.ts'),
  ]);
  const sending = sendingOptions(flags);
  const address = parseTarget(to, sending);
  const sent = await send(copies(pieces), { address, ...senderNamed(flags.producer), ...sending });
  const earlier = sent.earlier > 0 ? `, ${sent.earlier} of them before` : '';
  process.stderr.write(`${sent.lines} events are committed${earlier}\n`);
}

/** What is sent is kept until it is committed. */
async function* copies(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

function tellBehind({ behindMs }: Progress): void {
  if (behindMs < BEHIND_TOLD_MS) return;
  process.stderr.write(
    `events were up to ${(behindMs / 1000).toFixed(1)} s late: they were not taken as fast as they were due\n`,
  );
}

function endOfTime(events: number): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `after ${events} events their time would be in the year 9000`, {
    hint: 'take a smaller --step, an earlier --start, or a --count that is not larger',
  });
}
