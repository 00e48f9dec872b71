import type { Bid, NexmarkEvent } from '../../examples/nexmark/event.ts';

/** The answers to the queries of Nexmark by a plain program that has all events in memory, and knows nothing of millrace. */

export type Row = Readonly<Record<string, unknown>>;

const GAP_MS = 10_000;
const WINDOW_MS = 10_000;

/** All rows of a query; of q11 and q12 with the windows that are not closed at the end. In any order. */
export const ANSWERS: Readonly<Record<string, (events: readonly NexmarkEvent[]) => readonly object[]>> = {
  q0: events => events.filter(({ bid }) => bid !== undefined),
  q1: events =>
    bidsOf(events).map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: Number((BigInt(price) * 908n) / 1000n) + Number((BigInt(price) * 908n) % 1000n) / 1000,
      dateTime,
      extra,
    })),
  q2: events =>
    bidsOf(events)
      .filter(({ auction }) => Number.isInteger(auction / 123))
      .map(({ auction, price }) => ({ auction, price })),
  q11: events =>
    [...groups(bidsOf(events), bid => bid.bidder)].flatMap(([bidder, bids]) =>
      sessionsOf(bids.map(timeOf).sort((a, b) => a - b)).map(times =>
        windowRow(bidder, times.length, times[0]!, times.at(-1)! + GAP_MS),
      ),
    ),
  q12: events =>
    [...groups(bidsOf(events), bid => bid.bidder)].flatMap(([bidder, bids]) =>
      [...groups(bids, bid => Math.floor(timeOf(bid) / WINDOW_MS))].map(([index, within]) =>
        windowRow(bidder, within.length, index * WINDOW_MS, (index + 1) * WINDOW_MS),
      ),
    ),
  q17: events =>
    [...groups(bidsOf(events), bid => `${bid.auction} ${bid.dateTime.slice(0, 10)}`)].map(([, bids]) => {
      const prices = bids.map(({ price }) => price).sort((a, b) => a - b);
      const sum = prices.reduce((all, price) => all + BigInt(price), 0n);
      return {
        auction: bids[0]!.auction,
        day: bids[0]!.dateTime.slice(0, 10),
        total_bids: prices.length,
        rank1_bids: prices.filter(price => price < 10_000).length,
        rank2_bids: prices.filter(price => price >= 10_000 && price < 1_000_000).length,
        rank3_bids: prices.filter(price => price >= 1_000_000).length,
        min_price: prices[0],
        max_price: prices.at(-1),
        avg_price: Number(sum / BigInt(prices.length)),
        sum_price: Number(sum),
      };
    }),
  q18: events =>
    [...groups(bidsOf(events), bid => `${bid.auction} ${bid.bidder}`)].map(
      // A stable sort: of bids at one time, the later one in the source is the last.
      ([, bids]) => bids.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1)!,
    ),
};

function bidsOf(events: readonly NexmarkEvent[]): readonly Bid[] {
  return events.flatMap(({ bid }) => bid ?? []);
}

function timeOf({ dateTime }: Bid): number {
  return Date.parse(dateTime);
}

function groups<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const found = new Map<Key, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key);
    if (group === undefined) found.set(key, [item]);
    else group.push(item);
  }
  return found;
}

function sessionsOf(sortedMs: readonly number[]): readonly (readonly number[])[] {
  const sessions: number[][] = [];
  for (const ms of sortedMs) {
    const last = sessions.at(-1);
    if (last !== undefined && ms < last.at(-1)! + GAP_MS) last.push(ms);
    else sessions.push([ms]);
  }
  return sessions;
}

export function windowRow(bidder: number, count: number, startMs: number, endMs: number): Row {
  return {
    bidder,
    bid_count: count,
    starttime: new Date(startMs).toISOString(),
    endtime: new Date(endMs).toISOString(),
  };
}
