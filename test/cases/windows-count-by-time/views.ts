import { defineHandler, tumbling } from 'millrace';

interface View {
  readonly page: string;
  readonly at: string;
}

const views = tumbling<View, number>({
  sizeMs: 10_000,
  latenessMs: 2000,
  time: event => event.at,
  initial: () => 0,
  reduce: count => count + 1,
});

export default defineHandler<View>({
  key: 'page',
  handle: (event, context) => views.add(event, context),
});
