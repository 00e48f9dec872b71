/** What the runs that are killed work on: a handler, and events for it that are the same for the same seed. */

export const HANDLER = `
export default {
  topics: ['rare'],
  async handle(event, context) {
  const seen = context.state.update(n => (n ?? 0) + 1);
  if (seen % 10 === 0) context.emit('rare', { key: event.key, seen });
  if (event.kind === 'throw') throw new Error('no ' + event.id);
  if (event.kind === 'drop') return false;
  if (event.kind === 'several') return [{ id: event.id, part: 1 }, true, { id: event.id, part: 2 }];
  if (event.kind === 'slow') await new Promise(resolve => setTimeout(resolve, 1));
  return event.kind === 'new' ? { ...event, seen, text: undefined } : true;
  },
};
`;

const KINDS = ['pass', 'pass', 'pass', 'drop', 'several', 'new'];

/**
 * A function that gives the same numbers in [0, 1) for the same seed: mulberry32.
 * @param {number} seed
 */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Events of all kinds: some are passed on, dropped, replaced or multiplied, some make the handler wait or throw, and
 * some lines are no JSON at all.
 * @param {number} count
 * @param {() => number} random
 */
export function generateEvents(count, random) {
  const lines = [];
  for (let id = 0; id < count; id++) {
    const rare = random();
    const kind = rare < 0.002 ? 'throw' : rare < 0.004 ? 'slow' : KINDS[Math.floor(random() * KINDS.length)];
    const key = `k${Math.floor(random() ** 3 * 500)}`;
    const line = JSON.stringify({ id, key, kind, text: 'x'.repeat(Math.floor(random() * 240)) });
    const isBad = rare > 0.998;
    lines.push(isBad ? line.slice(0, line.length / 2) : line, ...(rare > 0.996 && !isBad ? [''] : []));
  }
  return `${lines.join('\n')}\n`;
}
