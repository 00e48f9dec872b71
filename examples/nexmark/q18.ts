import { defineHandler } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/**
 * Query 18, the last bid of each bidder for each auction. A bid that is later than what was known gives its row; the last one of a
 * bidder and an auction counts.
 */
export default defineHandler<NexmarkEvent>({
  // Of an auction or of a bidder: there are fewer bidders of an auction than auctions of a bidder.
  key: 'bid.auction',
  handle: ({ bid }, context) => {
    if (bid === undefined) return false;
    const lastMs = context.state.get<Record<number, number>>() ?? {};
    const ms = Date.parse(bid.dateTime);
    if (ms < (lastMs[bid.bidder] ?? 0)) return false;
    context.state.set({ ...lastMs, [bid.bidder]: ms });
    return bid;
  },
});
