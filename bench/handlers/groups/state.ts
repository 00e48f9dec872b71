import { defineHandler } from 'millrace';

/** A count for each key in `context.state`, committed with the outputs. */
export default defineHandler<{ readonly client: { readonly ip: string } }>({
  key: 'client.ip',
  handle: (event, context) => ({
    ip: event.client.ip,
    count: context.state.update<number>(count => (count ?? 0) + 1),
  }),
});
