import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Makes a small store with the built program: `npm run build && node scripts/freeze-store.mjs fixtures/stores/1`.
 *
 * It has what the format has: several segments with their indexes, dead letters, state of keys, a topic that is emitted to,
 * positions of a file and of a topic, and a journal with many commits. The clock and the numbers of files stand still, so
 * that it comes out the same each time. fixtures/stores holds one for each version of the format; one of an older version
 * is never made again, because this program would write it otherwise. With `--forms` the store has the other forms of segments
 * besides: compressed, compacted, pruned, repaired. How gzip packs depends on its version, so that one is not made again either.
 */

const PROGRAM = fileURLToPath(new URL('../dist/bin/millrace.js', import.meta.url));
const STILL_WORLD = fileURLToPath(new URL('still-world.cjs', import.meta.url));

/** A handler that remembers, fails now and then, and emits to a topic. */
export const handlerFor = alerts => `
export default {
  key: 'user',
  topics: ['${alerts}'],
  handle(event, context) {
    if (event.n % 17 === 5) throw 'no such user';
    const seen = context.state.update(n => (n ?? 0) + 1);
    if (seen % 6 === 0) context.emit('${alerts}', { user: event.user, seen });
    return event.n % 3 > 0;
  },
};
`;

/** Lines like those of a log, a few of them no JSON. */
export function linesOf(from, to) {
  return Array.from({ length: to - from }, (_, at) => lineOf(from + at));
}

function lineOf(n) {
  return n % 40 === 11
    ? `{"n":${n},"user":\n`
    : `{"n":${n},"user":"u${(n * 7) % 5}","id":9223372036854775807,"text":"${'wörd '.repeat(n % 9)}"}\n`;
}

/** Makes the directory `store`, in place of what is there. */
export async function freezeStore(store, { forms = false } = {}) {
  const work = mkdtempSync(join(tmpdir(), 'millrace-freeze-'));
  try {
    await writeStore(work);
    if (forms) await reshape(work);
    rmSync(store, { recursive: true, force: true });
    // Locks say who writes; nobody does.
    cpSync(join(work, '.millrace'), store, { recursive: true, filter: path => !path.endsWith('/lock') });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function writeStore(work) {
  const clock = join(work, 'clock');
  const input = join(work, 'in.ndjson');
  for (const job of ['errors', 'live']) writeFileSync(join(work, `${job}.js`), handlerFor(`${job}-alerts`));
  writeFileSync(clock, '');
  const env = { ...process.env, MILLRACE_CACHE: join(work, 'cache'), CLOCK: clock, NO_COLOR: '1' };
  const start = (stdin, job, ...args) =>
    spawn(
      process.execPath,
      ['--require', STILL_WORLD, PROGRAM, 'run', `${job}.js`, '-', '-w', '1', ...args],
      {
        cwd: work,
        env,
        stdio: [stdin, 'ignore', 'pipe'],
      },
    );
  const tick = () => appendFileSync(clock, '.');

  // A file that grows: each run adds a segment.
  for (const part of [0, 60, 120]) {
    tick();
    appendFileSync(input, linesOf(part, part + 60).join(''));
    await ended(start(openSync(input, 'r'), 'errors', '--segment-size', '1KiB'));
  }

  // A pipe that is spooled: each line is a commit of the spool, and one of the run.
  const run = start('pipe', 'live', '--spool', '--segment-size', '1KiB', '--commit-interval', '1ms');
  const end = ended(run);
  for (const [at, line] of linesOf(200, 240).entries()) {
    tick();
    run.stdin.write(line);
    while (readBy(work, 'live') <= at) await new Promise(next => setTimeout(next, 2));
  }
  run.stdin.end();
  await end;
}

/** Gives the segments of some topics their other forms. */
async function reshape(work) {
  const clock = join(work, 'clock');
  const env = { ...process.env, CLOCK: clock, NO_COLOR: '1' };
  const millrace = (...args) => {
    appendFileSync(clock, '.');
    execFileSync(process.execPath, ['--require', STILL_WORLD, PROGRAM, ...args], { cwd: work, env });
  };
  millrace('compact', 'errors', '--by-key', 'user');
  millrace('compact', 'live', '--compress', 'gzip');
  millrace('compact', 'live.in', '--by-key', 'user', '--compress', 'gzip');
  millrace('prune', 'live.in', '--retain', '20 events');
  const segment = join(work, '.millrace', 'topics', 'errors.dead', '00000000000000000000.ndjson');
  writeFileSync(segment, readFileSync(segment).fill('X', 9, 10));
  millrace('repair', '--yes');
  rmSync(join(work, '.millrace', 'quarantine'), { recursive: true });
}

/** Dead letters are to be expected. */
async function ended(run) {
  let told = '';
  run.stderr.on('data', text => (told += text));
  const [status] = await once(run, 'close');
  if (status !== 6) throw new Error(`the run ended with ${status}: ${told}`);
}

/** How many events a job has committed. */
function readBy(work, job) {
  const journal = join(work, '.millrace', 'jobs', job, 'journal');
  const file = existsSync(journal) ? readdirSync(journal).at(-1) : undefined;
  const last = file === undefined ? '' : readFileSync(join(journal, file), 'utf8').split('\n').at(-2);
  return last ? JSON.parse(last).account.read : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals, values } = parseArgs({
    options: { forms: { type: 'boolean' } },
    allowPositionals: true,
  });
  await freezeStore(resolve(positionals[0]), values);
}
