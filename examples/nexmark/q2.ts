import type { Handler } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/** Query 2, selection: the price of bids for some auctions. */
export default (({ bid }) =>
  bid !== undefined &&
  bid.auction % 123 === 0 && { auction: bid.auction, price: bid.price }) satisfies Handler<NexmarkEvent>;
