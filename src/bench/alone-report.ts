import type { AloneFigures } from './alone.ts';
import { meanInterval } from './bootstrap.ts';
import { launchTime } from './launch-time.ts';
import type { Round, StepTimes } from './protocol.ts';
import { logBins, mean, median, percentilesOf, quantile } from './quantiles.ts';
import { Random } from '../base/random.ts';
import type { AloneReport, SingleReport } from './report.ts';

/** What the rounds of a handler alone come to. */

const LEVEL = 0.95;
const BINS = 36;
/** For intervals, which are to be the same for the same measurements. */
const SEED = 1;

/** Undefined where there was no round. */
export function aloneReport(figures: AloneFigures): AloneReport | undefined {
  const { launches, warmUps, steps, bytesPerEvent } = figures;
  const rounds = launches.flat();
  if (rounds.length === 0) return undefined;
  const perLaunch = launches.map(launch => launchTime(launch.map(nsPerEventOf)));
  const nsPerEvent = mean(perLaunch);
  const events = sumOf(rounds, ({ events: some }) => some);
  const wallNs = sumOf(rounds, ({ wallNs: some }) => some);
  const pausesMs = rounds.flatMap(({ gcPausesMs }) => gcPausesMs);
  return {
    nsPerEvent,
    interval: meanInterval(perLaunch, LEVEL, new Random(SEED)),
    eventsPerSecond: 1e9 / nsPerEvent,
    bytesPerSecond: (sumOf(rounds, ({ bytes }) => bytes) / events / nsPerEvent) * 1e9,
    single: steps.length === 0 ? undefined : singleReport(steps),
    allocatedBytesPerEvent: median(bytesPerEvent),
    gc: {
      pauses: pausesMs.length,
      longestMs: Math.max(0, ...pausesMs),
      share: Math.min(1, sumOf(rounds, gcNsOf) / wallNs),
    },
    deadShare: sumOf(rounds, ({ dead }) => dead) / events,
    idleShare: median(rounds.map(({ idleShare }) => idleShare)),
    warmUp: { ms: median(warmUps.map(({ ms }) => ms)), steady: warmUps.every(({ steady }) => steady) },
    yardsticks: yardstickRatios(figures),
    wallNs: launches.map(launch => launch.map(({ wallNs: ns, events: some }) => ns / some)),
    ownNs: launches.map(launch => launch.map(({ ownNs, events: some }) => ownNs / some)),
    gcNs: launches.map(launch => launch.map(round => gcNsOf(round) / round.events)),
  };
}

/** What the pauses for garbage took of a round. */
function gcNsOf({ gcPausesMs }: Pick<Round, 'gcPausesMs'>): number {
  return gcPausesMs.reduce((sum, ms) => sum + ms * 1e6, 0);
}

/** For each launch the handler's time over that of the yardstick. */
function yardstickRatios({ launches, yardsticks }: AloneFigures): number[] {
  return launches
    .map((launch, at) => launchTime(launch.map(({ ownNs }) => ownNs)) / launchTime(yardsticks[at] ?? []))
    .filter(ratio => ratio > 0 && Number.isFinite(ratio));
}

/** Neither what others had of the machine counts, nor what was done beside the thread on another core. */
function nsPerEventOf({ wallNs, ownNs, events }: Round): number {
  return Math.min(wallNs, ownNs) / events;
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function singleReport(all: readonly StepTimes[]): SingleReport {
  const events = sumOf(all, ({ events: some }) => some);
  const looked = sumOf(all, ({ looked: some }) => some);
  const scanNs = sumOf(all, step => step.scanNs * step.events) / events;
  const meanOf = (of: (step: StepTimes) => Float64Array): number => meanOfMost(all.map(of));
  const lookedShare = looked / events;
  const parse = scanNs + meanOf(({ decodeNs }) => decodeNs) * lookedShare;
  const handleNs = meanOf(step => step.handleNs);
  const handle = handleNs * lookedShare;
  const encode = meanOf(({ encodeNs }) => encodeNs) * lookedShare;
  const whole = Math.max(parse + handle + encode, Number.MIN_VALUE);
  const times = wholeTimes(all, scanNs, lookedShare);
  return {
    ...percentilesOf(times.length, share => quantile(times, share)),
    max: times.at(-1) ?? scanNs,
    timed: sumOf(all, ({ handleNs: timed }) => timed.length),
    parse: parse / whole,
    handle: handle / whole,
    encode: encode / whole,
    handleNs,
    lookedShare,
    bins: logBins(times, BINS),
  };
}

/** Of times that are so long something else had the processor. */
const TRIMMED_SHARE = 0.01;

/** 0 where there are none. */
function meanOfMost(parts: readonly Float64Array[]): number {
  const sorted = Float64Array.from(parts.flatMap(part => [...part])).sort();
  const kept = sorted.subarray(0, Math.ceil(sorted.length * (1 - TRIMMED_SHARE)));
  return kept.reduce((sum, value) => sum + value, 0) / Math.max(1, kept.length);
}

/** Most events that stand for those about which the kernel decides alone. */
const DECIDED_MAX = 100_000;

/** The times of single events in rising order, those among them about which the kernel decides in their share. */
function wholeTimes(all: readonly StepTimes[], scanNs: number, lookedShare: number): Float64Array {
  const timed = sumOf(all, ({ handleNs }) => handleNs.length);
  const decided =
    timed === 0
      ? 1
      : Math.min(DECIDED_MAX, Math.round((timed * (1 - lookedShare)) / Math.max(lookedShare, 1e-6)));
  const times = new Float64Array(timed + decided).fill(scanNs);
  let at = decided;
  for (const { decodeNs, handleNs, encodeNs } of all) {
    for (let sample = 0; sample < handleNs.length; sample++) {
      times[at++] = scanNs + decodeNs[sample]! + handleNs[sample]! + encodeNs[sample]!;
    }
  }
  return times.sort();
}
