import { defineHandler, tumbling } from 'millrace';
import type { View } from './views.ts';

/** The second stage: views of each campaign in each ten seconds. */

const windows = tumbling<View, number>({
  sizeMs: 10_000,
  latenessMs: 1000,
  time: view => view.time,
  initial: () => 0,
  reduce: count => count + 1,
});

export default defineHandler<View>({
  key: 'campaign',
  handle: (view, context) =>
    windows
      .add(view, context)
      .map(({ key, start, value }) => ({ campaign: Number(key), start, views: value })),
});
