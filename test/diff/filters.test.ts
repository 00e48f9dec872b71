import { expect, test } from 'vitest';
import { type Listener, withListener } from '../sockets/listener.ts';

/** `millrace replay --diff` with `--where` and `--select`, with the built program. */

const COUNT = 1000;

/** Every tenth event is of another kind, and one line is no JSON. */
function writeAll(listener: Listener): void {
  const lines = Array.from(
    { length: COUNT },
    (_, n) => `{"n":${n},"kind":"${n % 10 === 0 ? 'a' : 'b'}","user":{"id":${n}.0}}`,
  );
  lines.splice(500, 0, '{"broken":');
  listener.write('in.ndjson', `${lines.join('\n')}\n`);
  listener.write('same.mjs', 'export default event => event;\n');
  listener.write('condition.mjs', 'export default event => event.n !== 20;\n');
  listener.write('marked.mjs', 'export default event => ({ ...event, mark: event.n });\n');
  listener.write(
    'other.mjs',
    'export default event => ({ ...event, user: { id: event.n + (event.n === 30 ? 1 : 0) } });\n',
  );
}

/** The counts of a comparison with these arguments. */
async function counts(listener: Listener, ...args: string[]): Promise<Record<string, number>> {
  const { stderr } = await listener.run(['replay', 'in.ndjson', ...args, '--summary', 'summary.json']);
  expect(stderr.replace(/^millrace: .* \(MILLRACE_DIFFERENT\)\n.*\n$/, '')).toBe('');
  const { seconds: _, interrupted: __, ...all } = JSON.parse(listener.read('summary.json'));
  return Object.fromEntries(Object.entries(all as Record<string, number>).filter(([, count]) => count > 0));
}

test(
  'an event that --where leaves out is no part of the comparison, also with the stored events and with two handlers',
  withListener(async listener => {
    writeAll(listener);
    const where = ['--where', 'kind == "a"'];
    const handlers = async (...names: string[]) => counts(listener, '--diff', ...names, ...where);
    const stored = async (name: string) => counts(listener, '--diff', '--handler', name, ...where);
    // The line that is no JSON is dead in a handler, and stored as it is.
    expect(await stored('same.mjs')).toEqual({ events: 101, same: 100, deadNew: 1 });
    expect(await stored('condition.mjs')).toEqual({ events: 101, same: 99, onlyOld: 1, deadNew: 1 });
    expect(await handlers('same.mjs', 'same.mjs')).toEqual({ events: 101, same: 101 });
    expect(await handlers('condition.mjs', 'same.mjs')).toEqual({ events: 101, same: 100, onlyNew: 1 });
    expect(await handlers('same.mjs', 'marked.mjs')).toEqual({ events: 101, same: 1, changed: 100 });
  }),
  60_000,
);

test(
  'with --select the fields of both are compared, those of stored events as well',
  withListener(async listener => {
    writeAll(listener);
    const select = ['--select', 'n,user.id', '--to-offset', '100'];
    const stored = async (name: string, ...more: string[]) =>
      counts(listener, '--diff', '--handler', name, ...select, ...more);
    expect(await stored('same.mjs')).toEqual({ events: 100, same: 100 });
    expect(await stored('same.mjs', '--exact')).toEqual({ events: 100, same: 100 });
    expect(await stored('marked.mjs')).toEqual({ events: 100, same: 100 });
    expect(await stored('other.mjs')).toEqual({ events: 100, same: 99, changed: 1 });
    expect(await stored('other.mjs', '--where', 'kind == "a"')).toEqual({ events: 10, same: 9, changed: 1 });
    expect(await counts(listener, '--diff', 'same.mjs', 'marked.mjs', ...select)).toEqual({
      events: 100,
      same: 100,
    });
  }),
  60_000,
);
