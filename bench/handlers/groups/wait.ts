import { setTimeout as sleep } from 'node:timers/promises';
import { defineHandler } from 'millrace';

/** A handler that waits for something else: ten milliseconds, and up to 64 events at a time in each worker. */
export default defineHandler({
  key: 'sensor',
  concurrency: 64,
  handle: async () => {
    await sleep(10);
    return true;
  },
});
