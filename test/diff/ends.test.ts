import { expect, test } from 'vitest';
import { type Listener, withListener } from '../sockets/listener.ts';

/** `millrace replay --diff` with the built program: what handlers give for each key at the end of the input. */

const KEYS = 300;

/** Adds up by key; what `END` says is done with each sum at the end. */
const HANDLER = `export default {
  key: 'k',
  topics: ['sums'],
  handle(event, { state }) {
    if (SKIPPED) return false;
    state.update(sum => (sum ?? 0) + event.n);
    return false;
  },
  end({ key, state, emit }) {
    const n = Number(key.slice(1));
    END
  },
};
`;

const OLD_END = `
    emit('sums', { key, sum: state.get() });
    return n % 5 === 0 ? [] : { key, sum: state.get() };`;
const NEW_END = `
    emit('sums', { key, sum: state.get() + (n % 7 === 0 ? 1 : 0) });
    return n % 5 === 0 ? [] : { sum: state.get() + (n % 3 === 0 ? 1 : 0), key };`;

function writeAll(listener: Listener): void {
  const line = (n: number): string => `{"k":"k${n % KEYS}","n":${n}}\n`;
  listener.write('in.ndjson', Array.from({ length: 3 * KEYS }, (_, n) => line(n)).join(''));
  const old = HANDLER.replace('END', OLD_END);
  listener.write('old.mjs', old.replace('SKIPPED', "event.k.endsWith('9')"));
  listener.write('new.mjs', HANDLER.replace('END', NEW_END).replace('SKIPPED', "event.k.endsWith('8')"));
  listener.write('none.mjs', "export default { key: 'k', handle: () => false };\n");
}

/** The kind of difference of each key that differs. */
function kindOf(n: number): string | undefined {
  if (n % 10 === 9) return 'only-new';
  if (n % 10 === 8) return 'only-old';
  return n % 7 === 0 || (n % 3 === 0 && n % 5 !== 0) ? 'changed' : undefined;
}

interface Reported {
  readonly end: string;
  readonly kind: string;
  readonly fields: readonly object[];
}

function reported(listener: Listener): Reported[] {
  const lines = listener.read('report.ndjson').split('\n').slice(0, -1);
  return lines.map(line => JSON.parse(line) as Reported);
}

const REPORT = ['--report', 'report.ndjson', '--summary', 'summary.json'];

test(
  'what the ends of two handlers make different is reported key by key, whatever the number of workers',
  withListener(async listener => {
    writeAll(listener);
    const wanted = Array.from({ length: KEYS }, (_, n) => n).flatMap(n => {
      const kind = kindOf(n);
      return kind === undefined ? [] : [[`k${n}`, kind]];
    });
    const reports = new Set<string>();
    for (const workers of ['1', '3']) {
      const args = ['replay', 'in.ndjson', '--diff', 'old.mjs', 'new.mjs', ...REPORT, '--workers', workers];
      const { status, stdout, stderr } = await listener.run(args);
      expect(stderr).toBe(`millrace: ${wanted.length} of 1200 events differ (MILLRACE_DIFFERENT)\n`);
      expect(status).toBe(6);
      expect(stdout).toContain('old.mjs → new.mjs, 1,200 events, 300 of them ends of keys:\n');
      const found = reported(listener).map(({ end, kind }) => [end, kind]);
      expect(new Map(found as [string, string][])).toEqual(new Map(wanted as [string, string][]));
      expect(found).toHaveLength(wanted.length);
      expect(JSON.parse(listener.read('summary.json'))).toMatchObject({ events: 1200, ends: 300 });
      reports.add(listener.read('report.ndjson'));
    }
    expect(reports.size).toBe(1);
    expect(reported(listener).find(({ end }) => end === 'k21')).toEqual({
      end: 'k21',
      kind: 'changed',
      fields: [
        { path: 'sum', old: 963, new: 964 },
        { topic: 'sums', path: 'sum', old: 963, new: 964 },
      ],
      old: {
        events: [{ key: 'k21', sum: 963 }],
        emitted: [{ topic: 'sums', event: { key: 'k21', sum: 963 } }],
      },
      new: {
        events: [{ sum: 964, key: 'k21' }],
        emitted: [{ topic: 'sums', event: { key: 'k21', sum: 964 } }],
      },
    });
  }),
  60_000,
);

test(
  'ends that give the same are no difference, and one that gives nothing is not counted',
  withListener(async listener => {
    writeAll(listener);
    const differences = async (...handlers: string[]) =>
      listener.run(['replay', 'in.ndjson', '--diff', ...handlers]);
    expect(await differences('old.mjs', 'old.mjs')).toEqual({
      status: 0,
      stdout: 'old.mjs → old.mjs, 1,170 events, 270 of them ends of keys:\n       1,170  same\n',
      stderr: '',
    });
    const { status, stdout } = await differences('old.mjs', 'none.mjs');
    expect(stdout).toMatch(
      /, 1,170 events, 270 of them ends of keys:\n {9}900 {2}same\n {9}270 {2}only old\n$/,
    );
    expect(status).toBe(6);
  }),
  60_000,
);

test(
  'beside the stored events, of which there is none for the end, what the end gives is only new',
  withListener(async listener => {
    writeAll(listener);
    const end =
      "export default { key: 'k', handle: (event, { state }) => (state.set(1), true), end: ({ key }) => key === 'k7' && { key } };\n";
    listener.write('end.mjs', end);
    const { status, stdout } = await listener.run(['replay', 'in.ndjson', '--diff', '--handler', 'end.mjs']);
    expect(status).toBe(6);
    expect(stdout).toBe(
      '± end of the key "k7": only the new one gives something\n        the event: nothing → {"key":"k7"}\n\n' +
        'the stored events → end.mjs, 901 events, 1 of them the end of a key:\n         900  same\n           1  only new\n',
    );
  }),
  60_000,
);
