import { Random } from '../../src/base/random.ts';

/** What the runs that are disturbed work on: a handler, and events for it that are the same for the same seed. */

/** Keyed and with state; it passes on, drops, replaces, multiplies and emits, and for some events it waits or throws. */
export const HANDLER = `
export default {
  topics: ['rare', 'seen'],
  async handle(event, context) {
    const seen = context.state.update(n => (n ?? 0) + 1);
    if (seen % 10 === 0) context.emit('rare', { key: event.key, seen });
    if (event.id % 3 === 0) context.emit('seen', { id: event.id, seen });
    if (event.kind === 'throw') throw new Error('no ' + event.id);
    if (event.kind === 'drop') return false;
    if (event.kind === 'several') return [{ id: event.id, part: 1 }, true, { id: event.id, part: 2 }];
    if (event.kind === 'slow') await new Promise(resolve => setTimeout(resolve, 1));
    if (event.kind === 'forget') context.state.delete();
    return event.kind === 'new' ? { ...event, seen, text: undefined } : true;
  },
};
`;

/** All that the handler writes to, apart from the state. */
export const TOPICS = ['mill', 'mill.dead', 'rare', 'seen'] as const;

const KINDS = ['pass', 'pass', 'pass', 'drop', 'several', 'new', 'forget'];

/** Lines for the handler, each with its newline: some are no JSON at all, and some are blank. */
export function generateEvents(count: number, seed: number): string[] {
  const random = new Random(seed);
  const lines: string[] = [];
  for (let id = 0; id < count; id++) {
    // Spread evenly, so that few events have some of each as well.
    const kind = id % 150 === 40 ? 'throw' : id % 170 === 60 ? 'slow' : KINDS[random.below(KINDS.length)];
    const key = `k${Math.floor(random.next() ** 3 * 500)}`;
    const line = JSON.stringify({ id, key, kind, text: 'x'.repeat(random.below(240)) });
    lines.push(`${id % 190 === 80 ? line.slice(0, line.length / 2) : line}\n`);
    if (id % 210 === 100) lines.push('\n');
  }
  return lines;
}
