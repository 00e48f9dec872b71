import { defineHandler } from 'millrace';

export default defineHandler({
  batch: { size: 3, lingerMs: 60_000 },
  handle: events => [{ batch: events.length }, ...events.slice(1).map(() => false)],
});
