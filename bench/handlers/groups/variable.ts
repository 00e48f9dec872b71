import { defineHandler } from 'millrace';

/** State as one would have it without `context.state`: a variable, which is lost when the process ends. */

const counts = new Map<string, number>();

export default defineHandler<{ readonly client: { readonly ip: string } }>({
  key: 'client.ip',
  handle: event => {
    const { ip } = event.client;
    const count = (counts.get(ip) ?? 0) + 1;
    counts.set(ip, count);
    return { ip, count };
  },
});
