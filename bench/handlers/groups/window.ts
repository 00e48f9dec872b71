import { defineHandler, tumbling } from 'millrace';

/** Ten minutes of each key, counted: windows are state, too. */

interface Access {
  readonly ts: string;
}

const windows = tumbling<Access, number>({
  sizeMs: 600_000,
  time: event => event.ts,
  initial: () => 0,
  reduce: count => count + 1,
});

export default defineHandler<Access>({
  key: 'client.ip',
  handle: (event, context) => windows.add(event, context),
});
