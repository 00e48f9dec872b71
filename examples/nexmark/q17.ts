import { defineHandler } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/**
 * Query 17, auction statistics: bids and prices of each auction and day. Every bid gives the row of its auction and day anew; the last
 * one counts, as in any table that is kept up to date.
 */

interface Totals {
  readonly bids: number;
  readonly ranks: readonly [below100: number, below10000: number, more: number];
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

export default defineHandler<NexmarkEvent>({
  key: 'bid.auction',
  handle: ({ bid }, context) => {
    if (bid === undefined) return false;
    const { auction, price } = bid;
    const day = bid.dateTime.slice(0, 10);
    const days = context.state.get<Record<string, Totals>>() ?? {};
    const { bids, ranks, min, max, sum } = days[day] ?? {
      bids: 0,
      ranks: [0, 0, 0],
      min: price,
      max: price,
      sum: 0,
    };
    const rank = price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2;
    const totals: Totals = {
      bids: bids + 1,
      ranks: [ranks[0] + Number(rank === 0), ranks[1] + Number(rank === 1), ranks[2] + Number(rank === 2)],
      min: Math.min(min, price),
      max: Math.max(max, price),
      sum: sum + price,
    };
    context.state.set({ ...days, [day]: totals });
    return {
      auction,
      day,
      total_bids: totals.bids,
      rank1_bids: totals.ranks[0],
      rank2_bids: totals.ranks[1],
      rank3_bids: totals.ranks[2],
      min_price: totals.min,
      max_price: totals.max,
      avg_price: Math.floor(totals.sum / totals.bids),
      sum_price: totals.sum,
    };
  },
});
