import { defineHandler } from 'millrace';

/** No state: as much is returned as by those that have some. */
export default defineHandler<{ readonly id: number; readonly client: { readonly ip: string } }>({
  key: 'client.ip',
  handle: event => ({ ip: event.client.ip, count: event.id }),
});
