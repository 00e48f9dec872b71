import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Message, Plugin } from 'esbuild';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { parsePath } from '../kernel/path.ts';
import { cacheDirectory, hashOf, keep, type Manifest, readManifest } from './handler-cache.ts';
import type { HandlerFile } from './protocol.ts';

/**
 * Makes one ES module of a handler and what it imports by relative paths, and keeps it by content.
 *
 * Packages stay outside and are imported from where they are installed; `millrace` is the one that runs. The compiler
 * is only loaded where the handler, one of its own imports, or what steers the compiler has changed since.
 */

/** Raised whenever the same sources would be compiled to something else. */
const CACHE_VERSION = 4;

/** Enough to tell the versions of one handler apart, and to be read aloud. */
const VERSION_DIGITS = 12;

const ENDINGS = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx']);

/** Returns the compiled form of the handler at `name`. */
export async function compileHandler(name: string): Promise<HandlerFile> {
  const path = resolve(name);
  checkPath(name, path);
  const cache = cacheDirectory();
  const manifestPath = join(cache, `${hashOf(`${CACHE_VERSION} ${path}`)}.json`);
  const known = readManifest(manifestPath);
  if (known !== undefined) return handlerFile(cache, known);
  const { code, inputs } = await compile(name, path, cache);
  const { readHandler } = await import('../query/handler-reader.ts');
  const reading = readHandler(code, API_URL);
  const manifest: Manifest = {
    output: `${hashOf(code)}.mjs`,
    ...(reading === undefined ? {} : { reading }),
    inputs: inputs.map(input => [input, hashOf(readFileSync(input))]),
  };
  await keep(cache, manifest.output, code);
  await keep(cache, manifestPath, JSON.stringify(manifest, numberAsText));
  return handlerFile(cache, manifest);
}

function handlerFile(cache: string, { output, reading, inputs }: Manifest): HandlerFile {
  const url = pathToFileURL(join(cache, output)).href;
  // Of what was compiled, wherever it lies.
  const version = hashOf(inputs.map(([, hash]) => hash).join(' ')).slice(0, VERSION_DIGITS);
  const file = { url, version, inputs: inputs.map(([path]) => path), reading };
  const verdict = reading?.verdict;
  if (verdict === undefined) return file;
  // What was kept as JSON has lost the bytes of its names, and has its numbers as text.
  const fields = verdict.fields.map(({ text }) => parsePath(text));
  const tests = verdict.predicate.tests.map(test => ({ ...test, number: Number(test.number) }));
  return { ...file, reading: { ...reading!, verdict: { ...verdict, fields, predicate: { tests } } } };
}

/** A verdict may compare with infinity, which JSON does not have. */
function numberAsText(name: string, value: unknown): unknown {
  return name === 'number' ? String(value) : value;
}

/** The module that `millrace` is to handlers. */
const API_URL = new URL('../index.js', import.meta.url).href;

function checkPath(name: string, path: string): void {
  if (!existsSync(path)) {
    throw new MillraceError('MILLRACE_HANDLER_NOT_FOUND', `cannot find the handler "${name}"`, {
      hint: 'a handler is a TypeScript or JavaScript file; inputs come after it',
    });
  }
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new MillraceError(
      'MILLRACE_HANDLER_NOT_FOUND',
      `cannot read the handler "${name}": ${reasonOf(error)}`,
      {
        hint: 'make the file readable for this user',
        cause: error,
      },
    );
  }
  if (!ENDINGS.has(extname(path))) {
    throw new MillraceError('MILLRACE_HANDLER_EXPORT', `"${name}" is not a TypeScript or JavaScript file`, {
      hint: 'the handler comes first; inputs come after it',
    });
  }
}

async function compile(
  name: string,
  path: string,
  cache: string,
): Promise<{ code: string; inputs: string[] }> {
  const { build } = await import('esbuild');
  const steering = new Set<string>(nearest('tsconfig.json', path));
  try {
    const result = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      sourcesContent: false,
      outfile: join(cache, 'handler.mjs'),
      absWorkingDir: dirname(path),
      logLevel: 'silent',
      define: {
        'import.meta.url': META_URL,
        'import.meta.dirname': META_DIRNAME,
        'import.meta.filename': META_FILENAME,
      },
      banner: { js: requireFor(path) },
      plugins: [packagesOutside(steering), ownLocation()],
    });
    const inputs = Object.keys(result.metafile.inputs).map(input =>
      resolve(dirname(path), input.replace(/^[a-z-]+:/, '')),
    );
    return { code: result.outputFiles[0]!.text, inputs: [...inputs, ...steering] };
  } catch (error) {
    const messages = (error as { errors?: Message[] }).errors;
    throw new MillraceError(
      'MILLRACE_HANDLER_COMPILE',
      `cannot compile "${name}": ${describe(messages, error)}`,
      {
        hint: 'mend the line that is named',
        cause: error,
      },
    );
  }
}

function describe(messages: readonly Message[] | undefined, error: unknown): string {
  const first = messages?.[0];
  if (first === undefined) return reasonOf(error);
  const { location, text } = first;
  const more = messages!.length > 1 ? ` (and ${messages!.length - 1} more)` : '';
  if (location === null) return `${text}${more}`;
  return `${location.file}:${location.line}:${location.column + 1}: ${text}${more}`;
}

/** Lets CommonJS that was bundled call `require`. */
function requireFor(path: string): string {
  const from = JSON.stringify(pathToFileURL(path).href);
  return `import { createRequire as __millraceRequire } from 'node:module';const require = __millraceRequire(${from});`;
}

const META_URL = '__millraceUrl';
const META_DIRNAME = '__millraceDirname';
const META_FILENAME = '__millraceFilename';

/** Gives every module its own `import.meta.url`, although all of them end up in one file elsewhere. */
function ownLocation(): Plugin {
  return {
    name: 'own-location',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const loader = extname(path).replace(/^\.[cm]?/, '') as 'ts' | 'tsx' | 'js' | 'jsx';
        if (!source.includes('import.meta')) return { contents: source, loader };
        const text = source.startsWith('#!') ? source.replace(/^.*/, '') : source;
        const values = [
          [META_URL, pathToFileURL(path).href],
          [META_DIRNAME, dirname(path)],
          [META_FILENAME, path],
        ].map(([constant, value]) => `const ${constant} = ${JSON.stringify(value)};`);
        // On the first line, so that all lines keep their numbers.
        return { contents: values.join('') + text, loader };
      });
    },
  };
}

/** Resolves packages once, as Node would, and leaves them where they are. */
function packagesOutside(steering: Set<string>): Plugin {
  const inside = new WeakSet<object>();
  return {
    name: 'packages-outside',
    setup(build) {
      build.onResolve({ filter: /^millrace$/ }, () => ({
        path: API_URL,
        external: true,
      }));
      build.onResolve({ filter: /^[^./]/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (kind === 'entry-point' || /^(node|file|data):/.test(path)) return undefined;
        if (pluginData !== undefined && inside.has(pluginData as object)) return undefined;
        const mark = {};
        inside.add(mark);
        const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: mark });
        if (found.errors.length > 0 || found.external) return found;
        if (!found.path.includes('node_modules')) return { path: found.path };
        for (const file of nearest('package.json', found.path)) steering.add(file);
        const asRequire = kind === 'require-call' || kind === 'require-resolve';
        return { path: asRequire ? found.path : pathToFileURL(found.path).href, external: true };
      });
    },
  };
}

/** The nearest file of this name at or above the directory of `path`. */
function nearest(file: string, path: string): string[] {
  for (let at = dirname(path); ; at = dirname(at)) {
    const candidate = join(at, file);
    if (existsSync(candidate)) return [candidate];
    if (at === dirname(at)) return [];
  }
}
