import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageNameOf, projectFiles } from '../../src/cli/project-files.ts';

/** What `millrace init` writes works at once: its README is tried line by line, with the built program. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist', 'bin', 'millrace.js');

let work: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
  work = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-init-')));
  for (const name of ['bin', 'cache']) mkdirSync(join(work, name), { mode: 0o700 });
  const script = join(work, 'bin', 'millrace');
  writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  chmodSync(script, 0o755);
  env = {
    PATH: `${join(work, 'bin')}:${process.env['PATH']}`,
    HOME: work,
    MILLRACE_CACHE: join(work, 'cache'),
  };
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

function shell(command: string, cwd: string): string {
  return execFileSync('bash', ['-c', command], { cwd, env, encoding: 'utf8', stdio: 'pipe' });
}

/** Runs `millrace init` for a directory of this name; gives its path and what was printed. */
function init(name: string): { readonly path: string; readonly said: string } {
  const said = execFileSync(process.execPath, [PROGRAM, 'init', '--', name], {
    cwd: work,
    env,
    encoding: 'utf8',
  });
  return { path: join(work, name), said };
}

describe('a directory that was begun', () => {
  test('does what its README says, command by command', () => {
    const { path } = init('errors');
    const commands = [...readFileSync(join(path, 'README.md'), 'utf8').matchAll(/^ {4}(.+)$/gm)];
    expect(commands.map(([, command]) => command)).toEqual([
      'millrace test errors.ts',
      'millrace run errors.ts access.ndjson --to errors',
      'millrace cat errors',
      'millrace test errors.ts --update',
    ]);
    const [tested, , printed, updated] = commands.map(([, command]) => shell(command!, path));
    expect(tested).toBe('✓ server-error-is-kept\n✓ status-that-is-no-number\n2 cases, all pass\n');
    expect(printed!.match(/"status":5\d\d/g)).toEqual(['"status":502', '"status":500']);
    expect(updated).toBe(tested);
  });

  test('has cases that a wrong handler does not pass', () => {
    const { path } = init('wrong');
    const handler = join(path, 'errors.ts');
    writeFileSync(handler, readFileSync(handler, 'utf8').replace('>= 500', '>= 503'));
    const { status, stdout } = spawnSync(process.execPath, [PROGRAM, 'test', 'errors.ts'], {
      cwd: path,
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(6);
    expect(stdout).toMatch(/^✗ server-error-is-kept$/m);
    expect(stdout).toMatch(/^✓ status-that-is-no-number$/m);
  });

  test('has types that its handler is checked with', () => {
    const { path } = init('typed');
    const installed = join(path, 'node_modules', 'millrace');
    for (const name of ['package.json', 'dist/src/index.d.ts', 'dist/src/window']) {
      cpSync(join(ROOT, name), join(installed, name), { recursive: true });
    }
    const tsc = (): number | null =>
      spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path], { env })
        .status;
    expect(tsc()).toBe(0);
    const handler = join(path, 'errors.ts');
    writeFileSync(handler, readFileSync(handler, 'utf8').replaceAll('event.status', 'event.statsu'));
    expect(tsc()).not.toBe(0);
  });

  test.each(["it's", 'two words', '-rf', 'a\nb', '漢字', '$(id)', '"', '\u001b[31m', '...'])(
    'may be called %j',
    name => {
      const { path, said } = init(name);
      expect(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))).toMatchObject({ type: 'module' });
      // oxlint-disable-next-line no-control-regex -- that is what must not be there
      expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      const [, steps] = said.split('what it does:\n');
      expect(shell(steps!.replace(/millrace run.*/s, ''), work)).toContain('2 cases, all pass');
    },
  );
});

function refused(name: string): string {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'init', name], {
    cwd: work,
    env,
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('(MILLRACE_INIT_DIRECTORY)');
  return stderr;
}

describe('a directory that cannot be begun', () => {
  test('has something in it, which stays as it was', () => {
    mkdirSync(join(work, 'full'));
    writeFileSync(join(work, 'full', '.hidden'), 'mine');
    expect(refused('full')).toContain('it is not empty, but has ".hidden"');
    expect(existsSync(join(work, 'full', 'errors.ts'))).toBe(false);
  });

  test('is a file, or lies in one', () => {
    writeFileSync(join(work, 'file'), '');
    expect(refused('file')).toContain('it is a file');
    expect(refused('file/in-it')).toContain('a file');
  });

  test('is another matter than one that has nothing but a repository', () => {
    mkdirSync(join(work, 'cloned', '.git'), { recursive: true });
    expect(existsSync(join(init('cloned').path, 'errors.ts'))).toBe(true);
  });
});

test('a package has a name that npm takes, whatever the directory is called', () => {
  expect(packageNameOf('My Handlers')).toBe('my-handlers');
  expect(packageNameOf('..')).toBe('handlers');
  expect(packageNameOf('millrace')).toBe('handlers');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), directory => {
      expect(packageNameOf(directory)).toMatch(/^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$/);
    }),
  );
  const files = projectFiles('x', '1.2.3');
  expect(JSON.parse(files.get('package.json')!)).toMatchObject({
    name: 'x',
    scripts: { test: 'millrace test errors.ts' },
    devDependencies: { millrace: '^1.2.3' },
  });
});
