import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileHandler } from '../../src/worker/compile.ts';
import { ownDirectory } from '../support/program.ts';

/** What is kept of a handler is run, so nobody else may have put it there. */

const directory = ownDirectory();
const isRoot = process.getuid?.() === 0;
const SOMEBODY_ELSE = 65_534;
const PLANTED = 'export default () => "planted";\n';

/** The manifest of a cache, which has one. */
interface Kept {
  output: string;
  inputs: (readonly [string, string])[];
}

let caches = 0;

/** A handler, and a cache of our own in which it was kept. */
async function cacheWithHandler(): Promise<{ handler: string; cache: string; manifest: string }> {
  const cache = join(directory, `cache-${++caches}`);
  const handler = join(directory, `handler-${caches}.mjs`);
  writeFileSync(handler, 'export default () => "honest";\n');
  vi.stubEnv('MILLRACE_CACHE', cache);
  await compileHandler(handler);
  const name = readdirSync(cache).find(file => file.endsWith('.json'))!;
  return { handler, cache, manifest: join(cache, name) };
}

/** Puts other code in the place of what was kept; `change` is what else the manifest says. */
function plant(cache: string, manifest: string, change: Partial<Kept> = {}): void {
  const kept = JSON.parse(readFileSync(manifest, 'utf8')) as Kept;
  const output = `${createHash('sha256').update(PLANTED).digest('hex').slice(0, 40)}.mjs`;
  writeFileSync(join(cache, output), PLANTED);
  writeFileSync(manifest, JSON.stringify({ ...kept, output, ...change }));
}

async function codeOf(handler: string): Promise<string> {
  return readFileSync(fileURLToPath((await compileHandler(handler)).url), 'utf8');
}

afterEach(() => void vi.unstubAllEnvs());

describe('a compiled handler is taken from the cache', () => {
  test('where nothing has changed since', async () => {
    const { handler, cache, manifest } = await cacheWithHandler();
    // Only this shows that it is not compiled again.
    plant(cache, manifest);
    expect(await codeOf(handler)).toBe(PLANTED);
  });

  test('but not where the manifest names nothing that it was made of', async () => {
    const { handler, cache, manifest } = await cacheWithHandler();
    plant(cache, manifest, { inputs: [] });
    expect(await codeOf(handler)).toContain('honest');
  });

  test.for([0o777, 0o770, 0o702])('but not where others can write: mode %o', async mode => {
    const { handler, cache, manifest } = await cacheWithHandler();
    plant(cache, manifest);
    chmodSync(cache, mode);
    const files = readdirSync(cache);
    expect(await codeOf(handler)).toContain('honest');
    expect(readdirSync(cache)).toEqual(files);
  });

  test.runIf(isRoot)('but not where the directory is somebody else’s', async () => {
    const { handler, cache, manifest } = await cacheWithHandler();
    plant(cache, manifest);
    chownSync(cache, SOMEBODY_ELSE, SOMEBODY_ELSE);
    expect(await codeOf(handler)).toContain('honest');
  });

  test.runIf(isRoot)('but not where somebody else has put a link there', async () => {
    const { handler, cache, manifest } = await cacheWithHandler();
    plant(cache, manifest);
    const link = `${cache}-link`;
    symlinkSync(cache, link);
    vi.stubEnv('MILLRACE_CACHE', link);
    expect(await codeOf(handler)).toBe(PLANTED);
    lchownSync(link, SOMEBODY_ELSE, SOMEBODY_ELSE);
    expect(await codeOf(handler)).toContain('honest');
  });

  test.runIf(isRoot)('but not where a file was put there by somebody else before', async () => {
    const { handler, cache, manifest } = await cacheWithHandler();
    plant(cache, manifest);
    chownSync(manifest, SOMEBODY_ELSE, SOMEBODY_ELSE);
    expect(await codeOf(handler)).toContain('honest');
  });

  test('but not from the directory for all, where it is not ours, if there is none at home', async () => {
    const { handler, cache, manifest } = await cacheWithHandler();
    plant(cache, manifest);
    const shared = join(directory, `shared-${caches}`);
    mkdirSync(shared, { mode: 0o700 });
    const beside = join(shared, `millrace-${process.getuid!()}`);
    mkdirSync(beside);
    for (const name of readdirSync(cache)) writeFileSync(join(beside, name), readFileSync(join(cache, name)));
    chmodSync(beside, 0o777);
    vi.stubEnv('MILLRACE_CACHE', '');
    vi.stubEnv('XDG_CACHE_HOME', join(handler, 'nowhere'));
    vi.stubEnv('TMPDIR', shared);
    expect(await codeOf(handler)).toContain('honest');
    chmodSync(beside, 0o700);
    expect(await codeOf(handler)).toBe(PLANTED);
  });
});
