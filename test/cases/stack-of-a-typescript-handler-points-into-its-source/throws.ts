import type { Handler } from 'millrace';

interface Event {
  readonly id: number;
}

async function later(event: Event): Promise<number> {
  await Promise.resolve();
  throw new RangeError(`${event.id} is too large`);
}

export default (async event => {
  return await later(event);
}) satisfies Handler<Event>;
