import { defineHandler, tumbling } from 'millrace';

/** The second stage: how many views each campaign had in each ten seconds. */

interface View {
  readonly campaign: string;
  readonly at: number;
}

const views = tumbling<View, number>({
  sizeMs: 10_000,
  latenessMs: 5000,
  time: view => view.at,
  initial: () => 0,
  reduce: count => count + 1,
});

export default defineHandler<View>({
  key: 'campaign',
  handle: (view, context) => views.add(view, context),
  // Windows that nothing has closed: here the input has an end. Leave it out where more will come.
  end: context => views.close(context),
});
