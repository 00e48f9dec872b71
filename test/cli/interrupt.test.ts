import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Listener, withListener } from '../sockets/listener.ts';

/** Ctrl-C while a handler takes its time: what it was not called with is left for the next run. */

const EVENTS = 5000;

async function pause(ms: number): Promise<void> {
  await new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}

/** Interrupts the run when so many events are being handled, and lets none of them end before that. */
async function interrupted(listener: Listener, beside: string, atOnce: number): Promise<number> {
  listener.write(
    'slow.mjs',
    `import { appendFileSync, existsSync } from 'node:fs';
const pause = () => new Promise(resolve => setTimeout(resolve, 20));
export default {
  ${beside},
  async handle() {
    appendFileSync('called', '.');
    do await pause(); while (!existsSync('go'));
    return true;
  },
};
`,
  );
  const pad = 'x'.repeat(200);
  const lines = Array.from({ length: EVENTS }, (_, n) => `${JSON.stringify({ n, key: n % 100, pad })}\n`);
  listener.write('in.ndjson', lines.join(''));
  const called = listener.path('called');
  const begun = async (): Promise<void> => {
    while (!existsSync(called) || statSync(called).size < atOnce) await pause(5);
  };
  const when = begun();
  void when.then(() => pause(200)).then(() => listener.write('go', ''));
  const args = ['run', 'slow.mjs', 'in.ndjson', '--to', 'topic', '--workers', '1'];
  expect(await listener.interrupt(args, when)).toMatchObject({ status: 130 });
  const { length } = await listener.lines();
  expect(statSync(called).size).toBe(length);
  return length;
}

test.each([
  ['with several events at the same time', 'concurrency: 4', 4],
  ['with several at the same time, by key', "key: 'key', concurrency: 4", 4],
  ['at a rate', "rate: '50/s'", 1],
])('a run ends soon after an interrupt %s', async (_, beside, atOnce) =>
  withListener(async listener => {
    const handled = await interrupted(listener, beside, atOnce);
    expect(handled).toBeGreaterThanOrEqual(atOnce);
    expect(handled).toBeLessThan(EVENTS / 5);
  })({ signal: new AbortController().signal }),
);
