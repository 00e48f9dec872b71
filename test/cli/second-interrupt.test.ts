import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownDirectory, ROOT, runIn } from '../support/program.ts';

/** The built program on a terminal: a second Ctrl-C, or Ctrl-\, ends it at once, and leaves the terminal as it was. */

const PROGRAM = join(ROOT, 'dist', 'bin', 'millrace.js');
const DRIVER = join(ROOT, 'test', 'support', 'terminal.py');

/** What no first Ctrl-C ends, because the handler is never done. */
const STUCK = `import { writeFileSync } from 'node:fs';
export default () => {
  writeFileSync('begun', '');
  return new Promise(() => undefined);
};
`;

interface Left {
  readonly shown: string;
  readonly signal: number | null;
  readonly waitsForEnter: boolean;
  readonly echoes: boolean;
}

const directory = ownDirectory();
writeFileSync(join(directory, 'stuck.mjs'), STUCK);
writeFileSync(join(directory, 'in.ndjson'), '{"n":1,"ts":"2026-01-01T00:00:00Z"}\n'.repeat(10));

/** Runs a command, and presses Ctrl and `key` again and again once an event is being handled. */
function pressUntilItEnds(key: string, ...args: readonly string[]): Left {
  rmSync(join(directory, 'begun'), { force: true });
  const command = [process.execPath, PROGRAM, ...args, '--timeout', '0s', '--no-sync'];
  const { status, stdout, stderr } = runIn(directory, 'python3', [DRIVER, 'begun', key, ...command]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(existsSync(join(directory, 'begun'))).toBe(true);
  return JSON.parse(stdout.toString('utf8')) as Left;
}

/** Whether what `off` has turned off was turned on again by `on`. */
function isBack(shown: string, off: string, on: string): boolean {
  expect(shown).toContain(off);
  return shown.lastIndexOf(on) > shown.lastIndexOf(off);
}

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('what ends at once', () => {
  test.each([
    ['C', constants.signals.SIGINT],
    ['\\', constants.signals.SIGQUIT],
  ])(
    'by Ctrl-%s, a replay that reads keys, leaves a terminal that is not raw',
    { timeout: 120_000 },
    (key, signal) => {
      const left = pressUntilItEnds(key, 'replay', 'in.ndjson', '--handler', 'stuck.mjs', '--to', 'topic');
      expect(left.shown).toContain('q quit');
      expect(left).toMatchObject({ signal, waitsForEnter: true, echoes: true });
    },
  );

  test('by a second Ctrl-C, a run that shows a bar, leaves a terminal with a cursor', {
    timeout: 120_000,
  }, () => {
    const { shown, signal } = pressUntilItEnds('C', 'run', 'stuck.mjs', 'in.ndjson', '--to', 'topic');
    expect(signal).toBe(constants.signals.SIGINT);
    expect(isBack(shown, '\u001b[?25l', '\u001b[?25h')).toBe(true);
    expect(isBack(shown, '\u001b[?7l', '\u001b[?7h')).toBe(true);
  });
});
