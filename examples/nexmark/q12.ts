import { defineHandler, tumbling } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/**
 * Query 12, windows: how many bids a bidder made in each ten seconds. Nexmark asks it of the time of processing, to which there is
 * another answer each time; here it is asked of the time of the bids.
 */

const windows = tumbling<NexmarkEvent, number>({
  sizeMs: 10_000,
  latenessMs: 4000,
  time: event => event.bid!.dateTime,
  initial: () => 0,
  reduce: count => count + 1,
});

export default defineHandler<NexmarkEvent>({
  key: 'bid.bidder',
  handle: (event, context) =>
    event.bid !== undefined &&
    windows.add(event, context).map(({ key, value, start, end }) => ({
      bidder: Number(key),
      bid_count: value,
      starttime: new Date(start).toISOString(),
      endtime: new Date(end).toISOString(),
    })),
});
