import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What a handler notices of threads that come and go: it opens and closes in each, once, and nothing is handled after that. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));

/** Writes down in which thread it did what. Each event keeps its thread busy without using the processor. */
const HANDLER = `
import { appendFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
const tell = what => appendFileSync('told', threadId + ' ' + what + '\\n');
const cell = new Int32Array(new SharedArrayBuffer(4));
export default {
  key: 'key',
  open: () => tell('opens'),
  handle(event) {
    Atomics.wait(cell, 0, 0, 10);
    if (event.told) tell('handles ' + event.key);
    return true;
  },
  async close() {
    tell('closes');
    await new Promise(resolve => setTimeout(resolve, 100));
    tell('has closed');
  },
};
`;

let directory: string;
let run: Run | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-lanes-'));
  writeFileSync(join(directory, 'h.mjs'), HANDLER);
});

afterEach(async () => {
  await run?.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** What the threads have told, each as its number and what it did. */
function told(): [thread: string, what: string][] {
  const path = join(directory, 'told');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

function threadsThat(what: string): string[] {
  return told()
    .filter(([, did]) => did === what)
    .map(([thread]) => thread);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 20));
}

class Run {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  isOver = false;

  constructor(workers: string) {
    const args = [PROGRAM, 'run', 'h.mjs', '--workers', workers, '--to', 'out'];
    this.#child = spawn(process.execPath, args, { cwd: directory, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#ended = new Promise(resolve => {
      this.#child.once('exit', status => {
        this.isOver = true;
        resolve(status);
      });
    });
  }

  send(events: readonly object[]): void {
    this.#child.stdin!.write(events.map(event => `${JSON.stringify(event)}\n`).join(''));
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  end(): Promise<number | null> {
    this.#child.stdin!.end();
    return this.#ended;
  }
}

describe('a lane that is ended because there is little to do', () => {
  test.each([
    ['while another one goes on', '1..3'],
    ['and all others with it', '0..3'],
  ])('lets the handler close what it has opened, %s', async (_, workers) => {
    run = new Run(workers);
    // So much to do that more threads come, for as long as they take to do so.
    const some = Array.from({ length: 100 }, (__, key) => ({ key: `k${key}` }));
    const feeding = setInterval(() => run!.send(some), 100);
    await until(() => threadsThat('opens').length >= 2);
    clearInterval(feeding);
    const left = workers.startsWith('0') ? 0 : 1;
    await until(() => threadsThat('has closed').length >= threadsThat('opens').length - left);
    expect(run.isOver).toBe(false);
    // Whoever is left, or comes again, goes on.
    run.send(['a', 'b', 'c'].map(key => ({ key, told: true })));
    await until(() => told().filter(([, what]) => what.startsWith('handles')).length === 3);
    expect(await run.end()).toBe(0);
    const opened = threadsThat('opens');
    expect(threadsThat('closes').sort()).toEqual(opened.sort());
    for (const thread of opened) {
      const own = told().filter(([of]) => of === thread);
      expect(own.at(0)![1]).toBe('opens');
      expect(own.slice(-2).map(([, what]) => what)).toEqual(['closes', 'has closed']);
    }
  });
});
