import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { millrace, ownDirectory, ROOT } from '../support/program.ts';

/** Readers in processes of their own, while another one rolls, seals, compresses and removes segments. */

const directory = ownDirectory();
const PROGRAM = [process.execPath, join(ROOT, 'dist', 'bin', 'millrace.js')] as const;
const ENVIRONMENT = { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(directory, 'cache') };
const EVENTS = 20_000;
const PARTS = 5;
const lines = Array.from({ length: EVENTS }, (_, n) => `{"n":${n},"text":"the same in all of these"}\n`);

function start(args: readonly string[], stderr: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
  return spawn(PROGRAM[0], [PROGRAM[1], ...args], {
    cwd: directory,
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', stderr],
  });
}

/** Runs that each write one more part of the lines, and by that begin a new segment. */
function writePart(topic: string, part: number, more: readonly string[]): void {
  const size = EVENTS / PARTS;
  writeFileSync(join(directory, `${topic}-${part}`), lines.slice(part * size, (part + 1) * size).join(''));
  const inputs = Array.from({ length: part + 1 }, (_, of) => `${topic}-${of}`);
  const args = ['run', '--where', 'n >= 0', ...inputs, '--to', topic, '--segment-size', '20KiB'];
  expect(millrace(directory, [...args, ...more]).stderr).toBe('');
}

/** What `tail -f` from the start prints, until it has printed as much as there will be. */
async function follow(topic: string): Promise<string> {
  const reader = start(['tail', topic, '-f', '--from', '0']);
  const wanted = lines.join('').length;
  let text = '';
  reader.stdout!.setEncoding('utf8');
  for await (const piece of reader.stdout!) {
    text += String(piece);
    if (text.length >= wanted) break;
  }
  reader.kill('SIGKILL');
  return text;
}

it('tail -f shows every event once and in order while segments are rolled, sealed and compressed under its feet', async () => {
  writePart('out', 0, []);
  const readers = [follow('out'), follow('out'), follow('out')];
  for (let part = 1; part < PARTS; part++) {
    await pause();
    writePart('out', part, ['--compress', 'gzip']);
  }
  for (const text of await Promise.all(readers)) expect(text === lines.join('')).toBe(true);
  const names = readdirSync(join(directory, '.millrace', 'topics', 'out'));
  expect(names.filter(name => name.endsWith('.ndjson.gz'))).toHaveLength(PARTS - 1);
  expect(names.filter(name => name.endsWith('.ndjson'))).toHaveLength(1);
}, 60_000);

it('tail -f goes on with a topic that was started over where that is kept from, also if this is not its beginning', async () => {
  writePart('anew', 0, []);
  const reader = start(['tail', 'anew', '-f', '-n', '1'], 'pipe');
  const size = EVENTS / PARTS;
  const expected = [lines[size - 1]!, ...lines.slice(size, 2 * size)].join('');
  let [text, said] = ['', ''];
  reader.stderr!.setEncoding('utf8').on('data', piece => (said += piece));
  reader.stdout!.setEncoding('utf8');
  for await (const piece of reader.stdout!) {
    const isFirst = text === '';
    text += String(piece);
    if (text.length >= expected.length) break;
    if (!isFirst) continue;
    // It looks at the journal only when all of this has happened.
    reader.kill('SIGSTOP');
    writePart('anew', 0, ['--fresh']);
    writePart('anew', 1, ['--retain', '1 event']);
    reader.kill('SIGCONT');
  }
  reader.kill('SIGKILL');
  expect(said).toBe('millrace: the topic "anew" was started over; going on from its new beginning\n');
  expect(text === expected).toBe(true);
}, 60_000);

it('a reader that is slower than retention is told so, after all that it could still have', async () => {
  writePart('short', 0, []);
  const gate = join(directory, 'gate');
  execFileSync('mkfifo', [gate]);
  // Nothing more is taken from it before the gate opens: it waits with what it could not write.
  const script =
    '{ "$@"; echo "status $?" >&2; } | { head -c 1000; echo begun >&2; head -c 1 "$0" > /dev/null; cat; }';
  const tail = [...PROGRAM, 'tail', 'short', '-f', '--from', '0'];
  const reader = spawn('sh', ['-c', script, gate, ...tail], { cwd: directory, env: ENVIRONMENT });
  let [text, said] = ['', ''];
  reader.stdout.setEncoding('utf8').on('data', piece => (text += piece));
  reader.stderr.setEncoding('utf8').on('data', piece => (said += piece));
  const ended = once(reader, 'close');
  while (!said.includes('begun')) await once(reader.stderr, 'data');
  for (let part = 1; part < PARTS; part++) writePart('short', part, ['--retain', '1 event']);
  await writeFile(gate, 'x');
  await ended;
  expect(said).toContain('status 4\n');
  expect(lines.join('').startsWith(text)).toBe(true);
  const next = text.split('\n').length - 1;
  const earliest = (EVENTS / PARTS) * (PARTS - 1);
  expect(said).toContain(
    `offset ${next} of the topic "short" is no longer kept; the earliest is ${earliest}`,
  );
  expect(said).toContain('(MILLRACE_OFFSET_NOT_KEPT)');
}, 60_000);

/** Lets the readers come to work. */
function pause(): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, 50);
  });
}
