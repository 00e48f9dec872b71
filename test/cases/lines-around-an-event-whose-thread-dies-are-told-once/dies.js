export default (event, { attempt }) => {
  if (event.what === 'fail') throw new Error('no');
  if (event.what === 'die' && attempt === 1) process.reallyExit(1);
  if (event.what === 'large') return { n: event.n, large: 'x'.repeat(1_500_000) };
  event.marked = true;
  return event;
};
