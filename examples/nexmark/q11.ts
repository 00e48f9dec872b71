import { defineHandler, session } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/** Query 11, user sessions: how many bids a bidder made in a row, with no pause of ten seconds between them. */

const sessions = session<NexmarkEvent, number>({
  gapMs: 10_000,
  latenessMs: 4000,
  time: event => event.bid!.dateTime,
  initial: () => 0,
  reduce: count => count + 1,
  merge: (earlier, later) => earlier + later,
});

export default defineHandler<NexmarkEvent>({
  key: 'bid.bidder',
  handle: (event, context) =>
    event.bid !== undefined &&
    sessions.add(event, context).map(({ key, value, start, end }) => ({
      bidder: Number(key),
      bid_count: value,
      starttime: new Date(start).toISOString(),
      endtime: new Date(end).toISOString(),
    })),
});
