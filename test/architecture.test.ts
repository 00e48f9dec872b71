import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Keeps the shape of the code as DESIGN.md and ARCHITECTURE.md draw it: which room may import which, no cycles, no dead
 * files, no file that grows too long, and nothing left behind.
 */

/** For each room what it may import. A room that is not here does not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bin: ['cli'],
  index: ['window'],
  window: [],
  cli: [
    'bench',
    'diff',
    'replay',
    'trial',
    'compare',
    'pipeline',
    'client',
    'inspect',
    'gen',
    'upkeep',
    'query',
    'store',
    'kernel',
    'base',
  ],
  pipeline: ['source', 'partition', 'worker', 'query', 'store', 'kernel', 'base', 'index'],
  diff: ['replay', 'pipeline', 'inspect', 'compare', 'worker', 'source', 'kernel', 'base'],
  compare: ['base'],
  replay: ['pipeline', 'client', 'inspect', 'source', 'store', 'kernel', 'base'],
  bench: ['pipeline', 'worker', 'inspect', 'source', 'store', 'kernel', 'base'],
  trial: ['pipeline', 'compare', 'worker', 'query', 'kernel', 'base'],
  inspect: ['source', 'partition', 'kernel', 'base'],
  client: ['source', 'base'],
  gen: ['base'],
  source: ['kernel', 'base'],
  partition: ['kernel', 'base'],
  worker: ['query', 'kernel', 'base', 'index'],
  query: ['kernel', 'base'],
  upkeep: ['store', 'base'],
  store: ['kernel', 'base'],
  kernel: ['base'],
  base: [],
};

/** Where a process, a thread or a user's program begins. */
const ENTRIES = [
  'bin/millrace.ts',
  'src/index.ts',
  'src/worker/thread.ts',
  'src/bench/thread.ts',
  'src/bench/pipeline-child.ts',
  'src/bench/page/main.ts',
];

const LINES_MAX = 300;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

const root = new URL('../', import.meta.url).pathname;
/** All sources, by their paths, and all tests with what belongs to them. */
const texts = textsIn(['bin', 'src'], /\.ts$/);
const tests = textsIn(['test'], /\.m?[jt]s$/);
/** Without types that stand for themselves, and what is AssemblyScript, which is no part of the build. */
const files = [...texts.keys()].filter(
  file => !file.endsWith('.d.ts') && !file.startsWith('src/kernel/assembly/'),
);
const imports = files.flatMap(importsOf);

function textsIn(tops: readonly string[], ending: RegExp): Map<string, string> {
  const names = tops.flatMap(top =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map(name => `${top}/${name}`),
  );
  const wanted = names.filter(name => ending.test(name));
  return new Map(wanted.map(name => [name, readFileSync(join(root, name), 'utf8')]));
}

/** All imports of a file from our own: static, dynamic, re-exported, and of types. */
function importsOf(from: string): Import[] {
  const text = withoutComments(texts.get(from)!);
  const found: Import[] = [];
  for (const [, kind, path] of text.matchAll(
    /^(?:import|export)\s(type\s)?(?:[^'";]*?\sfrom\s)?\s*'([^']+)'/gms,
  )) {
    if (path!.startsWith('.')) found.push({ from, to: target(from, path!), isType: kind !== undefined });
  }
  for (const [, path] of text.matchAll(/\bimport\(\s*'(\.[^']+)'\s*\)/g)) {
    found.push({ from, to: target(from, path!), isType: false });
  }
  return found;
}

function target(from: string, path: string): string {
  return normalize(join(dirname(from), path));
}

/** Comments begin a line here, which tells them from globs and addresses in strings. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function roomOf(file: string): string {
  const [top, room] = file.split('/');
  return top === 'bin' ? 'bin' : room!.replace(/\.ts$/, '');
}

/** Files from which a walk along `edges` comes back to the start, as paths. */
function cyclesIn(edges: readonly Import[]): string[] {
  const next = new Map(files.map(file => [file, edges.filter(edge => edge.from === file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push([...path.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  return cycles;
}

describe('the rooms', () => {
  test('have files, and the test sees their imports', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.filter(({ to }) => !existsSync(join(root, to)))).toEqual([]);
  });

  test('import one another only as the arrows point', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return room !== other && !MAY_IMPORT[room]?.includes(other);
    });
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('take only types from index.ts, which is for the authors of handlers', () => {
    const wrong = imports.filter(({ to, isType }) => to === 'src/index.ts' && !isType);
    expect(wrong.map(({ from }) => from)).toEqual([]);
  });

  test('have no barrel and no file of things that belong nowhere', () => {
    const barrels = files.filter(
      file => file !== 'src/index.ts' && /(^|\/)(index|utils?|helpers?|common|misc)\.ts$/.test(file),
    );
    const exporting = files.filter(file => /^export \* from/m.test(texts.get(file)!));
    expect([...barrels, ...exporting]).toEqual([]);
  });
});

describe('the files', () => {
  test('import one another in no circle', () => {
    expect(cyclesIn(imports.filter(({ isType }) => !isType))).toEqual([]);
  });

  test('need one another for types in no circle either', () => {
    expect(cyclesIn(imports)).toEqual([]);
  });

  test('are all needed', () => {
    const reached = new Set(ENTRIES);
    for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to);
    expect(files.filter(file => !reached.has(file))).toEqual([]);
  });

  test('are no longer than can be held in the head', () => {
    const lengths = [...texts, ...tests].map(([file, text]) => ({
      file,
      lines: text.split('\n').length - 1,
    }));
    expect(lengths.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
  });

  test('say what they are for', () => {
    const silent = [...texts].filter(
      ([file, text]) => file.startsWith('src/') && !/^\/(\*\*|\/ )/m.test(text),
    );
    expect(silent.map(([file]) => file)).toEqual([]);
  });

  test('hold nothing that was left behind', () => {
    const marker = /\b(TODO|FIXME|XXX|HACK)\b|\bconsole\.(log|debug|trace)\(|\bdebugger\b/;
    expect([...texts].filter(([, text]) => marker.test(text)).map(([file]) => file)).toEqual([]);
  });

  test('do not end the process, but for the thread that keeps handlers from it', () => {
    const ending = files.filter(file =>
      /\bprocess\.(exit|reallyExit|abort)\b/.test(withoutComments(texts.get(file)!)),
    );
    expect(ending).toEqual(['src/worker/thread.ts']);
    const thread = withoutComments(texts.get('src/worker/thread.ts')!);
    expect(thread).toMatch(/process\.exit = /);
    expect(thread.replaceAll(/`[^`]*`/g, '')).not.toMatch(/process\.exit\(/);
  });
});
