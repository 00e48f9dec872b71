import type { Handler } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/** Query 1, currency conversion: all bids with their price in euros, exact to the third digit behind the point. */
export default (({ bid }) =>
  bid && {
    auction: bid.auction,
    bidder: bid.bidder,
    price: (bid.price * 908) / 1000,
    dateTime: bid.dateTime,
    extra: bid.extra,
  }) satisfies Handler<NexmarkEvent>;
