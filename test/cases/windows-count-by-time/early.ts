import { defineHandler, session } from 'millrace';

interface View {
  readonly page: string;
  readonly at: string;
}

const visits = session<View, string[]>({
  gapMs: 5000,
  time: event => event.at,
  initial: () => [],
  reduce: (seen, event) => [...seen, event.at.slice(17, 19)],
  merge: (earlier, later) => [...earlier, ...later],
  late: { topic: 'late' },
  earlyMs: 0,
});

export default defineHandler<View>({
  key: 'page',
  topics: ['late'],
  handle: (event, context) =>
    visits.add(event, context).map(({ key, value, final }) => ({ key, value: value.join(), final })),
});
