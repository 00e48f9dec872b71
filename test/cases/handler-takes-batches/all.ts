import { defineHandler } from 'millrace';

export default defineHandler<{ amount: number }>({
  batch: { size: 100 },
  handle: (events, context) => [
    { events: events.length, key: context.key ?? null },
    ...events.slice(1).map(async (event, index) => event.amount > 10 && context.of(index + 1).id),
  ],
});
