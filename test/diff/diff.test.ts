import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withListener } from '../sockets/listener.ts';
import { DEAD_EXCERPT_BYTES } from '../../src/base/limits.ts';
import { Random } from '../../src/base/random.ts';

/** `millrace replay --diff` with the built program, held against a model of two handlers. */

const WAYS = ['pass', 'drop', 'throw', 'set', 'reset', 'two', 'emit', 'none'] as const;

/** Does with an event what stands in its member `NAME`. */
const HANDLER = `export default {
  topics: ['more'],
  handle(event, context) {
    switch (event.NAME) {
      case 'pass': return true;
      case 'throw': throw new Error('as it says');
      case 'set': return { ...event, x: 1 };
      case 'reset': return { ...event, x: 2 };
      case 'two': return [{ n: event.n }, { n: event.n, m: 1 }];
      case 'emit': context.emit('more', { n: event.n }); return false;
      default: return false;
    }
  },
};
`;

/** What comes of it, as something that can be compared. */
function resultOf(way: string): string {
  return way === 'none' ? 'drop' : way;
}

function kindOf(old: string, now: string): string | undefined {
  const [before, after] = [resultOf(old), resultOf(now)];
  if (before === after) return undefined;
  if (before === 'throw') return 'dead-old';
  if (after === 'throw') return 'dead-new';
  if (before === 'drop') return 'only-new';
  return after === 'drop' ? 'only-old' : 'changed';
}

test(
  'every event that differs is reported, with its place, in order, whatever the number of workers',
  withListener(async listener => {
    const random = new Random(5);
    const pad = 'x'.repeat(150);
    const events = Array.from({ length: 20_000 }, (_, n) => {
      const old = WAYS[random.below(WAYS.length)]!;
      const now = random.below(4) === 0 ? WAYS[random.below(WAYS.length)]! : old;
      return { n, old, new: now, pad };
    });
    const lines = events.map(event => JSON.stringify(event));
    // What no handler sees is no event, and shifts nothing.
    lines.splice(5000, 0, '', '{"broken":', `"${'y'.repeat(100_000)}"`);
    listener.write('in.ndjson', `${lines.join('\n')}\n`);
    listener.write('old.mjs', HANDLER.replace('NAME', 'old'));
    listener.write('new.mjs', HANDLER.replace('NAME', 'new'));
    const wanted = lines.flatMap((line, at) => {
      if (!line.startsWith('{"n"')) return [];
      const event = JSON.parse(line) as { old: string; new: string };
      const kind = kindOf(event.old, event.new);
      return kind === undefined ? [] : [{ line: at + 1, kind }];
    });
    for (const workers of ['1', '3']) {
      const { status, stdout, stderr } = await listener.run([
        'replay',
        'in.ndjson',
        '--diff',
        'old.mjs',
        'new.mjs',
        '--report',
        'report.ndjson',
        '--max-line',
        '50KiB',
        '--workers',
        workers,
      ]);
      expect(stderr).toMatch(/^millrace: \d+ of 20002 events differ \(MILLRACE_DIFFERENT\)\n$/);
      expect(status).toBe(6);
      expect(stdout).toContain('old.mjs → new.mjs, 20,002 events:');
      const report = listener.read('report.ndjson').split('\n').slice(0, -1);
      const found = report.map(text => JSON.parse(text) as { line: number; kind: string; event: object });
      expect(found.map(({ line, kind }) => ({ line, kind }))).toEqual(wanted);
      expect(found.map(({ event }) => JSON.stringify(event))).toEqual(
        wanted.map(({ line }) => lines[line - 1]),
      );
    }
  }),
  300_000,
);

test(
  'the same handler twice makes no difference, over any part of the input',
  withListener(async listener => {
    const text = Array.from(
      { length: 100 },
      (_, n) => `{"n":${n},"old":"set","ts":${1_700_000_000 + n}}\n`,
    ).join('');
    listener.write('in.ndjson', text);
    listener.write('old.mjs', HANDLER.replace('NAME', 'old'));
    const args = ['replay', 'in.ndjson', '--diff', 'old.mjs', 'old.mjs', '--from', '10', '--to-offset', '40'];
    const { status, stdout, stderr } = await listener.run(args);
    expect(stdout).toBe('old.mjs → old.mjs, 30 events:\n          30  same\n');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }),
);

test(
  'a line that is too long is one event, whether the reads put it into a chunk or between two',
  withListener(async listener => {
    const random = new Random(11);
    const blank = ' '.repeat(40_000);
    const lines = Array.from({ length: 400 }, (_, n) => {
      if (n % 40 === 17) return blank;
      return JSON.stringify({ n, old: 'pass', pad: 'x'.repeat(random.below(20) === 0 ? 40_000 : 200) });
    });
    listener.write('in.ndjson', `${lines.join('\n')}\n`);
    listener.write('old.mjs', HANDLER.replace('NAME', 'old'));
    const { status: written } = await listener.run(['run', 'old.mjs', 'in.ndjson', '--to', 'kept']);
    expect(written).toBe(0);
    const long = lines.flatMap((line, at) => (line.length > 10 * 1024 && line !== blank ? [at] : []));
    const env = { MILLRACE_SHUFFLE: '1' };
    const limit = ['--max-line', '10KiB'];
    const isSame = '         390  same\n';
    for (let round = 0; round < 5; round++) {
      const both = ['replay', 'in.ndjson', '--diff', 'old.mjs', 'old.mjs', ...limit];
      expect(await listener.run(both, { env })).toEqual({
        status: 0,
        stdout: `old.mjs → old.mjs, 390 events:\n${isSame}`,
        stderr: '',
      });
      const stored = [
        'replay',
        'kept',
        '--diff',
        '--handler',
        'old.mjs',
        '--report',
        'report.ndjson',
        ...limit,
      ];
      const { status } = await listener.run(stored, { env });
      expect(status).toBe(6);
      const report = listener.read('report.ndjson').split('\n').slice(0, -1);
      const found = report.map(text => JSON.parse(text) as { offset: number; kind: string; text: string });
      const offsets = long.map(at => lines.slice(0, at).filter(line => line !== blank).length);
      expect(found.map(({ offset }) => offset)).toEqual(offsets);
      expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['dead-new']));
      for (const [i, { text }] of found.entries()) {
        expect(text).toBe(lines[long[i]!]!.slice(0, DEAD_EXCERPT_BYTES));
      }
    }
  }),
  300_000,
);

test(
  'an interrupt ends it with what was compared by then',
  withListener(async listener => {
    const text = Array.from({ length: 300_000 }, (_, n) => `{"n":${n},"old":"set","new":"reset"}\n`).join('');
    listener.write('in.ndjson', text);
    listener.write('old.mjs', HANDLER.replace('NAME', 'old'));
    listener.write('new.mjs', HANDLER.replace('NAME', 'new'));
    const begun = async (): Promise<void> => {
      const report = listener.path('report.ndjson');
      while (!existsSync(report) || statSync(report).size === 0) {
        await new Promise(resolve => {
          setTimeout(resolve, 5);
        });
      }
    };
    const args = ['replay', 'in.ndjson', '--diff', 'old.mjs', 'new.mjs', '--report', 'report.ndjson'];
    const { status, stdout, stderr } = await listener.interrupt(args, begun());
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    const [, compared] = /new\.mjs, ([\d,]+) events:/.exec(stdout)!;
    const count = Number(compared!.replaceAll(',', ''));
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(300_000);
    expect(listener.read('report.ndjson').split('\n').length - 1).toBe(count);
  }),
);

test(
  'an input that grows meanwhile is compared as far as it went at the beginning',
  withListener(async listener => {
    const some = Array.from({ length: 500 }, (_, n) => `{"n":${n}}\n`).join('');
    listener.write('in.ndjson', some);
    // Each of them adds to the file when it is loaded, which is before its side begins to read.
    const growing = `import { appendFileSync } from 'node:fs';
appendFileSync('in.ndjson', '{"n":-1}\\n'.repeat(100));
export default () => true;
`;
    listener.write('old.mjs', growing);
    listener.write('new.mjs', growing);
    for (const count of [500, 700]) {
      const ended = await listener.run([
        'replay',
        'in.ndjson',
        '--diff',
        'old.mjs',
        'new.mjs',
        '--workers',
        '1',
      ]);
      expect(ended).toEqual({
        status: 0,
        stdout: `old.mjs → new.mjs, ${count} events:\n${String(count).padStart(12)}  same\n`,
        stderr: '',
      });
    }
  }),
  60_000,
);
