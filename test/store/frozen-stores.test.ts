import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freezeStore, handlerFor, linesOf } from '../../scripts/freeze-store.mjs';
import { FORMAT_VERSION } from '../../src/store/layout.ts';
import { type Ended, millrace, ownDirectory, ROOT } from '../support/program.ts';

/**
 * fixtures/stores has a store of every version of the format, as the program of its time has written it: this program
 * reads it, verifies it, and goes on in it.
 */

const STORES = join(ROOT, 'fixtures', 'stores');
const directory = ownDirectory();

/** What `cat` must print of each topic, as the first digits of its SHA-256. */
const TOPICS: Readonly<Record<string, string>> = {
  errors: '739c118646eb134b',
  'errors-alerts': '6cadc80791726316',
  'errors.dead': 'af64ddf7c47052f3',
  'errors.state': '8f7fc5957300a9f5',
  live: 'f6cdd2ead471a5c6',
  'live-alerts': 'c559ca0af7cec0d4',
  'live.dead': 'b19811d3c6ac0533',
  'live.in': '9634dcf7c654a4b4',
  'live.state': '5eb65493061d1d19',
};

/** What is otherwise in a store whose dead letters tell the handler's version, or whose topics were compacted and so on. */
const OTHERWISE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2': { 'errors.dead': 'e4871cf242cb0f83', 'live.dead': '3249b971a3796ca0' },
  '2-forms': { errors: '2ef0d537bab7d992', 'errors.dead': '849f16c857fea4e7', 'live.in': '0ce968320f3b36f1' },
};

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** All files below a directory, by their paths in it. */
function filesIn(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  const paths = names.map(entry => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map(file => [file.slice(path.length + 1), readFileSync(file, 'latin1')]));
}

function on(store: string, args: readonly string[], input?: string): Ended {
  return millrace(directory, [...args, '--store', store], input);
}

/** Whether the handler of the frozen store passes the event `n` on. */
function isKept(n: number): boolean {
  return n % 40 !== 11 && n % 17 !== 5 && n % 3 > 0;
}

/** A copy, as a clone of the repository has it: without the directories that are empty. */
function copyOf(version: string): string {
  const copy = join(directory, `copy-${version}`);
  cpSync(join(STORES, version), copy, { recursive: true });
  return copy;
}

test('fixtures/stores has a store of every version', () => {
  const versions = Array.from({ length: FORMAT_VERSION }, (_, index) => String(index + 1));
  const advice = `node scripts/freeze-store.mjs fixtures/stores/${FORMAT_VERSION}`;
  const stores = readdirSync(STORES).filter(name => /^\d+$/.test(name));
  expect(stores, `freeze the new version: ${advice}`).toEqual(versions);
});

describe.each(readdirSync(STORES))('the frozen store %s', name => {
  const store = join(STORES, name);
  const [version] = name.split('-');

  test('is of that version', () => {
    expect(readFileSync(join(store, 'store.json'), 'utf8')).toBe(`{"version":${version}}\n`);
  });

  test('is read as it was written, and is sound', () => {
    const read = Object.keys(TOPICS).map(topic => [topic, digest(on(store, ['cat', topic]).stdout)]);
    expect(Object.fromEntries(read)).toEqual({ ...TOPICS, ...OTHERWISE[name] });
    const { status, stdout } = on(store, ['verify']);
    expect(stdout.toString().match(/: sound/g)?.length).toBe(Object.keys(TOPICS).length);
    expect(status).toBe(0);
    expect(on(store, ['state', 'live', 'u1']).stdout.toString()).toBe('8\n');
  });

  test('is gone on with: what was read is not read again, and state and offsets go on', () => {
    const copy = copyOf(name);
    writeFileSync(join(directory, 'live.js'), handlerFor('live-alerts'));
    const before = on(copy, ['cat', 'live']).stdout.toString();
    const more = linesOf(241, 251);
    const args = ['run', 'live.js', '--to', 'live', '--spool', '--summary', 'summary.json'];
    expect(on(copy, args, more.join(''))).toMatchObject({ status: 6 });
    const summary: unknown = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ read: 10, resumed: true });
    const kept = more.filter((_, at) => isKept(241 + at));
    expect(on(copy, ['cat', 'live']).stdout.toString()).toBe(before + kept.join(''));
    const offset = before.split('\n').length - 1 + kept.length - 1;
    const last = on(copy, ['tail', 'live', '-n', '1', '--meta']).stdout.toString();
    expect(last.slice(0, last.indexOf(','))).toBe(`{"offset":${offset}`);
    expect(on(copy, ['state', 'live', 'u1']).stdout.toString()).toBe('9\n');
    expect(on(copy, ['verify'])).toMatchObject({ status: 0, stderr: '' });
  });
});

test('a store of a version that is not known is refused, by its code, and not touched', () => {
  const copy = copyOf('1');
  writeFileSync(join(copy, 'store.json'), `{"version":${FORMAT_VERSION + 1}}\n`);
  const before = filesIn(copy);
  for (const args of [['cat', 'live'], ['topics'], ['verify'], ['run', 'live.js', '-', '--to', 'live']]) {
    expect(on(copy, args)).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('(MILLRACE_STORE_VERSION)') as string,
    });
  }
  expect(filesIn(copy)).toEqual(before);
});

/** The files without the versions of handlers, which tell where the handler lies, and the checksums that cover these. */
function withoutHandlers(files: Record<string, string>): Record<string, string> {
  const entries = Object.entries(files);
  return Object.fromEntries(
    entries.map(([path, text]) => [path, path.endsWith('.journal') ? withoutHandler(text) : text]),
  );
}

function withoutHandler(journal: string): string {
  return journal
    .replaceAll(/"handler":"[0-9a-f]{12}"/g, '"handler":"…"')
    .replaceAll(/,"crc":"[0-9a-f]{8}"\}$/gm, '}');
}

test('the program still writes the newest version byte for byte; where it must not, the version is raised', async () => {
  const made = join(directory, 'made');
  await freezeStore(made);
  expect(withoutHandlers(filesIn(made))).toEqual(
    withoutHandlers(filesIn(join(STORES, String(FORMAT_VERSION)))),
  );
  expect(existsSync(join(made, 'quarantine'))).toBe(false);
});
