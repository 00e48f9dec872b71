import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

/** Stages that are joined by topics, killed one by one: what comes out is what one undisturbed run would write. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));
const EVENTS = 30_000;
const directory = mkdtempSync(join(tmpdir(), 'millrace-stages-'));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const lines = Array.from({ length: EVENTS }, (_, n) => `{"n":${n},"key":"k${n % 7}"}\n`);
const expected = createHash('sha256').update(lines.join('')).digest('hex');

function start(args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args, '--commit-interval', '10ms'], {
    cwd: directory,
    env: { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(directory, 'cache') },
    stdio: [stdin, 'ignore', 'ignore'],
  });
}

function cat(topic: string): string {
  try {
    return execFileSync(process.execPath, [PROGRAM, 'cat', topic], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1e8,
    }).toString();
  } catch {
    return '';
  }
}

/** Waits until the topic has all events; fails where it has more, or others. */
async function whole(topic: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    const text = cat(topic);
    if (text.length >= lines.join('').length) return createHash('sha256').update(text).digest('hex');
    await pause(50);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}

/** A stage that is started anew whenever it ends, until it is told to stop. */
function keepRunning(args: readonly string[]): {
  readonly kill: () => void;
  readonly stop: () => Promise<void>;
} {
  let child = start(args);
  let isStopping = false;
  const ended = (async () => {
    for (;;) {
      await once(child, 'close');
      if (isStopping) return;
      child = start(args);
    }
  })();
  return {
    kill: () => child.kill('SIGKILL'),
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      await ended;
    },
  };
}

it('two stages, each killed again and again, write byte for byte what comes in', async ({ signal }) => {
  writeFileSync(join(directory, 'in.ndjson'), lines.join(''));
  const pass = join(directory, 'pass.mjs');
  writeFileSync(pass, 'export const key = "key"; export default () => true;\n');
  const first = keepRunning(['run', pass, 'in.ndjson', '--follow', '--to', 'one', '--segment-size', '64KiB']);
  const second = keepRunning(['run', pass, 'topic:one', '--follow', '--to', 'two', '--workers', '2']);
  try {
    // After so many milliseconds that stage.
    for (const [ms, stage] of [
      [150, first],
      [320, second],
      [90, second],
      [410, first],
      [260, second],
      [130, first],
      [480, second],
      [200, first],
    ] as const) {
      await pause(ms);
      stage.kill();
    }
    expect(await whole('two', signal)).toBe(expected);
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
  expect(createHash('sha256').update(cat('one')).digest('hex')).toBe(expected);
});

it('standard input that is spooled is handled once, also what was read when the process was killed', async ({
  signal,
}) => {
  const pass = join(directory, 'pass.mjs');
  writeFileSync(pass, 'export const key = "key"; export default () => true;\n');
  const args = ['run', pass, '-', '--spool', '--to', 'spooled'];
  // Each attempt is given what the one before has not committed to the topic of what came in.
  for (let attempt = 0; ; attempt++) {
    const known = cat('spooled.in').split('\n').length - 1;
    const child = start(args, 'pipe');
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(lines.slice(known).join(''));
    if (attempt < 4) {
      setTimeout(() => child.kill('SIGKILL'), 150 + attempt * 60);
      await once(child, 'close');
      continue;
    }
    await once(child, 'close');
    break;
  }
  expect(await whole('spooled', signal)).toBe(expected);
});
