import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { realDisk } from '../../src/store/disk.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';

/** A retry of dead letters that is killed again and again: each event is in the topic once, or dead once more. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const EVENTS = 12_000;
/** So many events further a retry comes to a standstill, until it is killed. */
const STEP = 3000;
const directory = mkdtempSync(join(tmpdir(), 'millrace-retry-'));
const store = join(directory, '.millrace');

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const lines = Array.from({ length: EVENTS }, (_, n) => `{"n":${n},"key":"k${n % 7}"}\n`);
const failsAgain = (n: number): boolean => n % 100 === 3;

function start(args: readonly string[], standstillAt = EVENTS) {
  return spawn(process.execPath, [PROGRAM, ...args, '--commit-interval', '1ms', '--timeout', '0'], {
    cwd: directory,
    env: {
      ...process.env,
      NO_COLOR: '1',
      MILLRACE_CACHE: join(directory, 'cache'),
      STANDSTILL: `${standstillAt}`,
    },
    stdio: 'ignore',
  });
}

async function textOf(topic: string): Promise<string> {
  const pieces: string[] = [];
  for await (const { bytes } of (await TopicReader.open(realDisk, store, topic)).frames(0)) {
    pieces.push(Buffer.from(bytes).toString());
  }
  return pieces.join('');
}

/** How many dead letters were retried, by what is committed. */
async function retried(): Promise<number> {
  const { positions } = await TopicReader.open(realDisk, store, 'errors.dead');
  return (positions['dead:errors'] as { line: number } | undefined)?.line ?? 0;
}

it('a retry that is killed after every commit gives each event once', async ({ signal }) => {
  writeFileSync(join(directory, 'in.ndjson'), lines.join(''));
  writeFileSync(join(directory, 'none.mjs'), 'export default () => { throw new Error("first"); };\n');
  writeFileSync(
    join(directory, 'most.mjs'),
    `export const key = "key";
    export default ({ n }) => {
      if (n >= Number(process.env.STANDSTILL)) return new Promise(() => {});
      if (n % 100 === 3) throw new Error("second");
      return true;
    };\n`,
  );
  await once(start(['run', 'none.mjs', 'in.ndjson', '--to', 'errors']), 'close');
  const first = await textOf('errors.dead');
  expect(first.split('\n')).toHaveLength(EVENTS + 1);

  let kills = 0;
  // Once all of them are retried, the same command would be another retry.
  for (let done = 0; done < EVENTS; done = await retried()) {
    signal.throwIfAborted();
    const reader = await TopicReader.open(realDisk, store, 'errors');
    const before = reader.state.end.offset;
    const child = start(
      ['dead', 'retry', 'errors', 'most.mjs', '--workers', '2', '--timeout', '0'],
      done + STEP,
    );
    const closed = once(child, 'close') as Promise<[number | null]>;
    const ended = new AbortController();
    void closed.then(() => ended.abort());
    // The first record of a start commits nothing.
    while (reader.state.end.offset === before && !ended.signal.aborted) await reader.changed(ended.signal);
    child.kill('SIGKILL');
    const [status] = await closed;
    if (status === null) kills++;
    else expect(status).toBe(6);
  }
  expect(kills).toBeGreaterThanOrEqual(EVENTS / STEP - 1);

  expect(await textOf('errors')).toBe(lines.filter((_, n) => !failsAgain(n)).join(''));
  const dead = await textOf('errors.dead');
  expect(dead.startsWith(first)).toBe(true);
  const again = dead
    .slice(first.length)
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as object);
  const expected = lines.flatMap((line, n) =>
    failsAgain(n) ? [{ source: 'in.ndjson', line: n + 1, event: line.trimEnd() }] : [],
  );
  expect(again).toHaveLength(expected.length);
  expect(again).toMatchObject(expected);
});
