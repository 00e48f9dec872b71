import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../base/errors.ts';
import { parsePath } from '../kernel/path.ts';
import { type TimeUnit, UNITS_PER_MS } from '../replay/byte-time.ts';
import { type Stretch, WHOLE } from '../replay/pieces.ts';
import type { HandlingFlags } from './handling-options.ts';
import { type From, parseCount, parseFrom, parseTime } from './parse-values.ts';
import type { SendingFlags } from './sending-options.ts';

/** What can be said of a replay: from where to where, by which time, how fast. */

interface RangeFlags {
  readonly from?: From;
  readonly toTime?: From;
  readonly toOffset?: number;
  readonly timeField?: string;
  readonly timeUnit?: TimeUnit;
}

export interface ReplayFlags extends RangeFlags, HandlingFlags, SendingFlags {
  readonly speed?: number;
  readonly maxGap?: number;
  readonly to: string;
  readonly handler?: string;
  readonly job?: string;
  readonly fresh?: boolean;
  readonly keys: boolean;
  /** True without a value. */
  readonly diff?: true | readonly string[];
  readonly report?: string;
  readonly exact?: boolean;
  readonly ack?: boolean;
  readonly producer?: string;
}

const SPEED_MAX = 1e6;

export function addRangeOptions(command: Command): Command {
  return command
    .option(
      '--from <where>',
      'begin at an offset (1200), a time (2026-11-23T14:00:00Z, 14:00) or a time ago (-15m)',
      text => parseFrom(text),
    )
    .option('--to-time <when>', 'end before the events of this time: 14:15, or -5m', text => parseTime(text))
    .option('--to-offset <n>', 'end before the event with this offset', parseCount)
    .option(
      '--time-field <path>',
      'the value that is the time of an event (default: the commit, for topics; else it is looked for)',
    )
    .addOption(
      new Option('--time-unit <unit>', 'what numbers in it count (default: told from their size)').choices(
        Object.keys(UNITS_PER_MS),
      ),
    );
}

/** `10x`, `0.5x`, `10` or `max`. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(/^(\d+(?:\.\d+)?)x?$/.exec(text)?.[1] ?? Number.NaN);
  if (speed > 0 && speed <= SPEED_MAX) return speed;
  throw new InvalidArgumentError('Write 1x, 10x, 0.5x, or max.');
}

/** The part that is wanted, of so many inputs; throws MILLRACE_USAGE. */
export function stretchOf({ from, toTime, toOffset }: RangeFlags, inputs: number): Stretch {
  const fromOffset = from !== undefined && 'offset' in from ? from.offset : undefined;
  const fromMs = from !== undefined && 'time' in from ? from.time : undefined;
  const toMs = toTime !== undefined && 'time' in toTime ? toTime.time : undefined;
  if (inputs > 1 && (fromOffset !== undefined || toOffset !== undefined)) {
    throw new MillraceError('MILLRACE_USAGE', 'offsets are those of one input, and there are several', {
      hint: 'name one input, or give a time',
    });
  }
  if (fromOffset !== undefined && toOffset !== undefined && toOffset <= fromOffset) {
    throw nothing(`--to-offset ${toOffset}`, `--from ${fromOffset}`);
  }
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) {
    throw nothing(`--to-time ${new Date(toMs).toISOString()}`, `--from ${new Date(fromMs).toISOString()}`);
  }
  return {
    fromOffset: fromOffset ?? WHOLE.fromOffset,
    toOffset: toOffset ?? WHOLE.toOffset,
    fromMs: fromMs ?? WHOLE.fromMs,
    toMs: toMs ?? WHOLE.toMs,
  };
}

export function timeFieldOption({
  timeField,
  timeUnit,
}: RangeFlags): ReturnType<typeof parsePath> | undefined {
  if (timeField !== undefined) return parsePath(timeField);
  if (timeUnit === undefined) return undefined;
  throw new MillraceError('MILLRACE_USAGE', '--time-unit goes only with --time-field');
}

function nothing(end: string, begin: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `nothing lies between ${begin} and ${end}`, {
    hint: 'the end must be behind the beginning',
  });
}
