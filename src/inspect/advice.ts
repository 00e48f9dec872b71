import type { KeyReport, Report, TimesSeen } from './report.ts';
import { counted, duration, exactly, percent, roughly, trimmed } from './wording.ts';

/** What follows from the figures for a run, in sentences. */

/** What a run must gain by twice as many workers for them to be worth it. */
const WORTH = 1.3;
/** A key as the most frequent one of which is told that it is in the way. */
const HEAVY_SHARE = 0.1;
/** What the busiest of four lanes may have for a key to spread well, or at least somewhat. */
const SPREADS_WELL = 0.35;
const SPREADS_SOME = 0.6;
const WATERMARK_MARGIN = 1.05;
const MIB = 1024 * 1024;

export function advise(report: Omit<Report, 'advice'>): string[] {
  if (report.events === 0) return ['There are no events.', ...aboutLines(report)];
  return [...aboutKey(report), ...aboutOrder(report), ...aboutLines(report)];
}

function aboutKey({ key, keyCandidates, events }: Omit<Report, 'advice'>): string[] {
  if (key === undefined) {
    const [best, ...others] = keyCandidates;
    if (best === undefined) {
      return [
        'No field suggests itself as a key. Without one, events are spread over any number of workers.',
      ];
    }
    const rest = others.length > 0 ? ` Others: ${others.map(({ path }) => path).join(', ')}.` : '';
    return [
      `If events that belong together must be handled in order, look at --key ${best.path}: about ${roughly(best.distinct)} values, none with more than ${percent(best.biggestShareMax)} of the events.${rest}`,
    ];
  }
  if (key.events === 0) return [`No event has the key ${key.path}: check the path against the fields.`];
  const sentences = [spread(key), worth(key, events)];
  if (key.events < events) {
    sentences.push(
      `${counted(events - key.events, 'event')} (${percent(1 - key.events / events)}) ${events - key.events === 1 ? 'has' : 'have'} no key ${key.path}: any worker takes them, in no order among workers.`,
    );
  }
  return sentences;
}

/** Whether the key spreads, and if not, why. */
function spread({ path, distinct, heavy, groups, lanes }: KeyReport): string {
  const four = lanes.find(({ workers }) => workers === 4)!.busiestShare;
  const figures = `of 4 workers the busiest has ${percent(four)} of the events (${percent(0.25)} is even)`;
  if (four < SPREADS_WELL) return `The key ${path} spreads well: ${figures}.`;
  const how = four < SPREADS_SOME ? 'spreads unevenly' : 'does not spread';
  const [first] = heavy;
  if (first !== undefined && first.share >= HEAVY_SHARE && distinct.count > 1) {
    return `The key ${path} ${how}: one key alone, ${JSON.stringify(first.key)}, has ${percent(first.share)} of the events, and ${figures}.`;
  }
  if (distinct.count < 16) {
    return `The key ${path} ${how}: there ${distinct.count === 1 ? 'is' : 'are'} only ${counted(distinct.count, 'key')}, and ${figures}.`;
  }
  return `The key ${path} ${how}: the biggest of 256 key groups has ${percent(groups.biggestShare)}, and ${figures}.`;
}

/** How many workers are worth it, by the share of the busiest lane; events without a key fill the others. */
function worth({ lanes, groups, events: withKey }: KeyReport, events: number): string {
  const speedups = lanes.map(({ workers, busiestShare }) => ({
    workers,
    times: 1 / Math.max(1 / workers, (busiestShare * withKey) / events),
  }));
  let best = speedups[0]!;
  for (const next of speedups.slice(1)) {
    if (next.times < best.times * WORTH) break;
    best = next;
  }
  if (best.workers === 1) return 'More than 1 worker is not worth it with this key.';
  const gain = `can do ${trimmed(best.times)} times the work of one`;
  if (best !== speedups.at(-1))
    return `Up to ${best.workers} workers are worth it with this key: ${best.workers} ${gain}.`;
  const most = events / (groups.biggestShare * withKey);
  return `${best.workers} workers are worth it with this key: they ${gain}, and more of them up to ${trimmed(most)} times.`;
}

function aboutOrder({ time, events }: Omit<Report, 'advice'>): string[] {
  if (time === undefined)
    return ['No field tells when an event happened; name one with --time-field if there is one.'];
  const { path, seen, eventsWithout } = time;
  if (seen === undefined) return [`${path} is a time in no event.`];
  const sentences = [order(path, seen)];
  if (eventsWithout > 0) {
    sentences.push(
      `In ${counted(eventsWithout, 'event')} (${percent(eventsWithout / events)}) ${path} is missing or no time.`,
    );
  }
  if (seen.format === 'iso-8601-without-zone') {
    sentences.push(`${path} has no time zone; it was taken as UTC.`);
  }
  if (seen.inFuture > 0) {
    sentences.push(
      `${counted(seen.inFuture, 'event')} (${percent(seen.inFuture / time.events)}) ${seen.inFuture === 1 ? 'is' : 'are'} later by ${path} than now: a clock or a zone is wrong, and what waits for the latest time would take all others for late.`,
    );
  }
  return sentences;
}

function order(path: string, { order: { late, lateShare, latenessMs } }: TimesSeen): string {
  if (late === 0) return `The order by ${path} is safe: no event is earlier than one before it.`;
  const all = roundUp(latenessMs.max * WATERMARK_MARGIN);
  const most = roundUp(latenessMs.p99 * WATERMARK_MARGIN);
  const cheaper =
    latenessMs.p99 > 0 && most < all / 2
      ? `; one of ${duration(most)} would be enough for 99% of the events`
      : '';
  return `The order by ${path} is not safe: ${percent(lateShare)} of the events are earlier than one before them. A watermark of ${duration(all)} would have missed none${cheaper}.`;
}

/** A time span that one would write: with at most two digits, and no shorter than `ms`. */
function roundUp(ms: number): number {
  const unit = [86_400_000, 3_600_000, 60_000, 1000, 1].find(size => ms >= size) ?? 1;
  const value = ms / unit;
  const step = value > 100 ? 10 ** (Math.ceil(Math.log10(value)) - 2) : 1;
  return Math.ceil(value / step) * step * unit;
}

function aboutLines({ invalid, tooLong, lines }: Omit<Report, 'advice'>): string[] {
  const sentences: string[] = [];
  if (invalid.lines > 0) {
    sentences.push(
      `${counted(invalid.lines, 'line')} (${percent(invalid.lines / lines)}) ${invalid.lines === 1 ? 'is' : 'are'} no valid JSON; a run makes dead letters of such lines.`,
    );
  }
  if (tooLong.lines > 0) {
    const mib = Math.ceil(tooLong.longestBytes / MIB);
    sentences.push(
      `${counted(tooLong.lines, 'line')} ${tooLong.lines === 1 ? 'is' : 'are'} longer than 1 MiB (${exactly(tooLong.longestBytes)} bytes at most) and ${tooLong.lines === 1 ? 'was' : 'were'} not looked at; a run needs --max-line ${mib}MiB to take them.`,
    );
  }
  return sentences;
}
