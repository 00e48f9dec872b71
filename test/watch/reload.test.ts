import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withListener } from '../sockets/listener.ts';
import { type Follower, lines, range, withFollower } from '../follow/follower.ts';

/** `--watch`: another version of the handler is taken between two events, and only one that can be. */

function versionOf(text: string): string {
  return `import { label } from './label.mjs';
export default (event, { id }) => ({ n: event.n, id, by: ${text} + label });
export const key = 'n';
`;
}

/** A handler that puts its next version in its own place, and whose end tells which one it is. */
function endingBy(by: string): string {
  return `import { writeFileSync } from 'node:fs';
export default {
  key: 'n',
  async handle(event, { state }) {
    state.set(1);
    if (event.next === undefined) return true;
    writeFileSync('mill.mjs', event.next);
    // Long enough for a look at the file; where it is not, the version before does all.
    await new Promise(resolve => setTimeout(resolve, 1500));
    return true;
  },
  end: ({ key }) => ({ key, by: '${by}' }),
};
`;
}

async function started(follower: Follower): Promise<void> {
  follower.write('label.mjs', `export const label = '';\n`);
  follower.write('mill.mjs', versionOf(`'one'`));
  follower.append('a.log', lines(0, 1));
  follower.start(['a.log'], { args: ['--watch', '--workers', '2'] });
  await follower.numbers(2);
}

interface Handled {
  readonly n: number;
  readonly by: string;
}

async function handledBy(follower: Follower): Promise<string[]> {
  return ((await follower.events()) as unknown as Handled[]).map(({ n, by }) => `${n} ${by}`);
}

/** The versions in the journal, in order, each once. */
function versionsIn(follower: { readonly directory: string }): string[] {
  const journal = join(follower.directory, '.millrace/jobs/topic/journal');
  const records = readdirSync(journal)
    .flatMap(name => readFileSync(join(journal, name), 'utf8').split('\n'))
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as { handler?: string });
  return [...new Set(records.flatMap(({ handler }) => (handler === undefined ? [] : [handler])))];
}

test('takes a changed handler, and changed imports of it, and commits tell which version it was', context =>
  withFollower(async follower => {
    await started(follower);
    follower.write('mill.mjs', versionOf(`'two'`));
    await follower.hears(/"mill.mjs" has changed: version [0-9a-f]{12} is used from here on\n/);
    follower.append('a.log', lines(2, 3));
    await follower.numbers(4);
    follower.write('label.mjs', `export const label = ' and more';\n`);
    await follower.hears(/has changed[^]*has changed: version/);
    follower.append('a.log', lines(4));
    await follower.numbers(5);
    expect(await handledBy(follower)).toEqual(['0 one', '1 one', '2 two', '3 two', '4 two and more']);
    const said = [...follower.said.matchAll(/version ([0-9a-f]{12})/g)].map(([, version]) => version);
    expect(versionsIn(follower).slice(1)).toEqual(said);
    expect(await follower.stop()).toBe(130);
  })(context));

test(
  'calls "end" with the version that the last commit tells, also where that has changed during the last events',
  withListener(async listener => {
    listener.write('mill.mjs', endingBy('one'));
    const events = Array.from({ length: 50 }, (_, n) => (n < 49 ? { n } : { n, next: endingBy('two') }));
    listener.write('in.ndjson', events.map(event => `${JSON.stringify(event)}\n`).join(''));
    const args = ['run', 'mill.mjs', 'in.ndjson', '--to', 'topic', '--watch', '--workers', '2'];
    expect(await listener.run(args)).toMatchObject({ status: 0 });
    const ended = (await listener.lines()).flatMap(line => (JSON.parse(line) as { by?: string }).by ?? []);
    expect(ended).toHaveLength(50);
    expect(new Set(ended)).toEqual(new Set([versionsIn(listener).length === 1 ? 'one' : 'two']));
  }),
);

test('stays with the handler that it has where another cannot be compiled, loaded, or used, and says why', context =>
  withFollower(async follower => {
    await started(follower);
    const wrong: readonly (readonly [string, RegExp])[] = [
      [
        'export default event => {',
        /is used further: cannot compile "mill.mjs": mill.mjs:1:\d+: Unexpected end of file/,
      ],
      ['throw new Error("no database");', /is used further: .*no database/],
      [
        versionOf(`'x'`).replace(`'n'`, `'other'`),
        /is used further: its key is another one; start the run again/,
      ],
      ['export default 7;', /is used further: "mill.mjs" is not a handler/],
    ];
    for (const [index, [text, reason]] of wrong.entries()) {
      follower.write('mill.mjs', text);
      await follower.hears(reason);
      follower.append('a.log', lines(index + 2));
      await follower.numbers(index + 3);
    }
    follower.write('mill.mjs', versionOf(`'mended'`));
    await follower.hears(/is used from here on/);
    follower.append('a.log', lines(6));
    await follower.numbers(7);
    expect(await handledBy(follower)).toEqual([...range(0, 6).map(n => `${n} one`), '6 mended']);
  })(context));
