import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutant-table.mjs';

/**
 * Does the crash harness find what it is there for? `node scripts/mutants.mjs` breaks the store in one place after the other
 * (`mutant-table.mjs`), each time in a copy of the tree, builds that, and runs the short harness until it fails. A mutant that
 * no test catches is said to have survived, and the exit status is 1.
 *
 * `--only WORDS` takes the mutants with these words in their names, `--shard 1/3` one third of them; `--skip-sound` does not
 * first try the copy as it is.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What is not needed in the copy, or must be its own. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'dist', '.millrace']);

/** A test that looks at the source finds every change of it, and so finds nothing. */
const LEFT_TO_OTHERS = '^(?!.*the calls of the store)';

/**
 * From cheap to dear: the first stage that fails has caught the mutant. The last one are the tests of the store itself: where one
 * check stands behind another, no crash and no flipped bit tells that the first is gone.
 */
const STAGES = [
  ['test/crash/crash-states.test.ts', 'test/crash/failing-calls.test.ts', 'test/crash/bit-flips.test.ts'],
  ['test/crash/slow-sync.test.ts', 'test/crash/faults.test.ts', 'test/crash/kill.test.ts'],
  ['test/store'],
];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    shard: { type: 'string', default: '1/1' },
    'skip-sound': { type: 'boolean', default: false },
  },
});

/** @param {string} directory */
function copyTree(directory) {
  cpSync(ROOT, directory, {
    recursive: true,
    filter: path => !LEFT_OUT.has(relative(ROOT, path).split(sep)[0] ?? ''),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
}

/** @param {string} directory @param {import('./mutant-table.mjs').Mutant} mutant */
function mutate(directory, { name, file, find, replace }) {
  const path = join(directory, file);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`"${name}": its text stands ${parts.length - 1} times in ${file}; move the mutant along`);
  writeFileSync(path, parts.join(replace));
}

/** @param {string} directory @param {readonly string[]} args */
async function node(directory, args) {
  const child = spawn(process.execPath, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MILLRACE_FLIP_STRIDE: '53' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => (output += String(bytes)));
  const [status] = await once(child, 'close');
  return { status, output };
}

/** The first test that fails in this copy of the tree, or undefined. @param {string} directory */
async function firstFailure(directory) {
  const built = await node(directory, ['scripts/build.mjs']);
  if (built.status !== 0) throw new Error(`the copy does not build: ${built.output}`);
  const results = join(directory, 'results.json');
  for (const tests of STAGES) {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--bail', '1', '--maxWorkers', '1'];
    const run = [...vitest, '-t', LEFT_TO_OTHERS, '--reporter', 'json', '--outputFile', results, ...tests];
    const { status, output } = await node(directory, run);
    if (status === 0) continue;
    const { testResults } = JSON.parse(readFileSync(results, 'utf8'));
    for (const { assertionResults, message, name } of testResults) {
      const failed = assertionResults.find(
        (/** @type {{ status: string }} */ { status: is }) => is === 'failed',
      );
      if (failed !== undefined) return `${relative(directory, name)}: ${failed.fullName}`;
      if (message) return `${relative(directory, name)}: ${message}`;
    }
    throw new Error(`the tests have failed, and none of them did: ${output}`);
  }
  return undefined;
}

/** Runs the harness on a copy, with one mutant or none. @param {import('./mutant-table.mjs').Mutant} [mutant] */
async function trial(mutant) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-mutant-'));
  try {
    copyTree(directory);
    if (mutant !== undefined) mutate(directory, mutant);
    return await firstFailure(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const [shard, shards] = values.shard.split('/').map(Number);
const mutants = MUTANTS.filter(({ name }) => name.includes(values.only ?? '')).filter(
  (_, at) => at % (shards ?? 1) === (shard ?? 1) - 1,
);
const startedMs = performance.now();
if (!values['skip-sound']) {
  const failure = await trial();
  if (failure !== undefined) throw new Error(`the harness fails without a mutant: ${failure}`);
  console.log('sound: nothing is caught where nothing is broken');
}
const survivors = [];
for (const mutant of mutants) {
  const caught = await trial(mutant);
  if (caught === undefined) survivors.push(mutant.name);
  console.log(
    caught === undefined ? `SURVIVED ${mutant.name}` : `caught   ${mutant.name}\n           by ${caught}`,
  );
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(`mutants: ${mutants.length}, survived: ${survivors.length}, seconds: ${seconds}`);
process.exitCode = survivors.length === 0 ? 0 : 1;
