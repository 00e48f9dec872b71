import type { Handler } from 'millrace';
import type { NexmarkEvent } from './event.ts';

/** Query 0, pass through: all bids, as they are. */
export default (event => event.event_type === 2) satisfies Handler<NexmarkEvent>;
