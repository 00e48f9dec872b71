import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const colours = fileURLToPath(new URL('../../src/cli/colours.ts', import.meta.url));
const vite = fileURLToPath(new URL('../../node_modules/esbuild/bin/esbuild', import.meta.url));

/** What red text looks like in a process with these variables, whatever its terminal is. */
function red(variables: Readonly<Record<string, string>>): string {
  const code = execFileSync(vite, [colours, '--format=esm'], { encoding: 'utf8' });
  const script = `${code}\nprocess.stdout.write(onStdout.red('x') + onStderr.red('y'));`;
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  return execFileSync(
    process.execPath,
    ['--input-type=module', '-e', script.replace(/export \{[^}]*\};/, '')],
    {
      encoding: 'utf8',
      env: { ...env, ...variables },
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
    },
  );
}

test('colours are forbidden by NO_COLOR, whatever the terminal can do, unless it is empty', () => {
  expect(red({ FORCE_COLOR: '1' })).toBe('\u001b[31mx\u001b[39m\u001b[31my\u001b[39m');
  expect(red({ FORCE_COLOR: '1', NO_COLOR: '' })).toBe('\u001b[31mx\u001b[39m\u001b[31my\u001b[39m');
  expect(red({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe('xy');
});
