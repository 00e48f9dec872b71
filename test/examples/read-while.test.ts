import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ended, millrace, ownDirectory, PROGRAM, ROOT, runIn } from '../support/program.ts';

/**
 * examples/read-topic.py goes on where a store changes under it, as FORMAT.md says: what was compressed, compacted or removed
 * since is no damage. A driver in Python changes the store just before the reader opens some file.
 */

const SCRIPT = join(ROOT, 'examples', 'read-topic.py');
const DRIVER = join(ROOT, 'test', 'examples', 'read-while.py');
const directory = ownDirectory();
const STORE = join(directory, 'store');
const EVENTS_A_PART = 100;

/** The offsets at which the segments begin, the last one's too, and the names of those. */
const STARTS = [0, 1, 2, 3].map(part => part * EVENTS_A_PART);
const [FIRST, SECOND, , LAST] = STARTS.map(start => `${String(start).padStart(20, '0')}.ndjson`);

/** Of every third event the key does not come again. */
function lineOf(n: number): string {
  const key = n % 3 === 0 ? `once ${n}` : 'again';
  return `{"n":${n},"key":"${key}","text":"${'x'.repeat(20)}"}\n`;
}

const all = STARTS.map((_, part) =>
  Array.from({ length: EVENTS_A_PART }, (_event, at) => lineOf(part * EVENTS_A_PART + at)).join(''),
);

function args(...words: readonly string[]): string[] {
  return [...words, '--segment-size', '1KiB'];
}

function copyOf(name: string): string {
  const copy = join(directory, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(STORE, copy, { recursive: true });
  return copy;
}

/** A command line of the program that works in `store`. */
function command(store: string, ...words: readonly string[]): string {
  return [process.execPath, PROGRAM, ...words, '--store', store].map(word => `'${word}'`).join(' ');
}

/** Reads `store`; just before the reader opens a file like `part`, the command is run. */
function readWhile(
  store: string,
  part: string,
  line: string,
): Omit<Ended, 'stdout'> & { readonly stdout: string } {
  const ended = runIn(directory, 'python3', [DRIVER, SCRIPT, part, line, store, 'events']);
  return { ...ended, stdout: ended.stdout.toString() };
}

function eventsFrom(store: string, from: number): string {
  return millrace(directory, [
    'export',
    'events',
    '--from',
    String(from),
    '--store',
    store,
  ]).stdout.toString();
}

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)(
  'examples/read-topic.py, while a store changes',
  () => {
    beforeAll(() => {
      writeFileSync(join(directory, 'pass.js'), 'export default () => true;\n');
      writeFileSync(join(directory, 'none.js'), 'export default () => false;\n');
      for (const text of all) {
        appendFileSync(join(directory, 'in.ndjson'), text);
        const run = args('run', 'pass.js', 'in.ndjson', '--to', 'events', '--store', STORE);
        expect(millrace(directory, run).status).toBe(0);
      }
      const segments = readdirSync(join(STORE, 'topics', 'events')).filter(name => name.endsWith('.ndjson'));
      expect(segments).toEqual(STARTS.map(start => `${String(start).padStart(20, '0')}.ndjson`));
    });

    test.each([FIRST!, SECOND!])('goes on in a segment that was compressed before %s', part => {
      const store = copyOf('compressed');
      const done = readWhile(store, part, command(store, 'compact', 'events', '--compress', 'gzip'));
      expect(done).toEqual({ status: 0, stdout: all.join(''), stderr: '' });
    });

    test('goes on in the last segment, which was sealed and compressed, to the end that the topic has by then', () => {
      const store = copyOf('sealed');
      writeFileSync(join(directory, 'more.ndjson'), '{"more":1}\n');
      const run = command(store, ...args('run', 'pass.js', 'more.ndjson', '--to', 'events'));
      const pack = command(store, 'compact', 'events', '--compress', 'gzip');
      const done = readWhile(store, LAST!, `${run} && ${pack}`);
      expect(done).toEqual({ status: 0, stdout: `${all.join('')}{"more":1}\n`, stderr: '' });
    });

    test('goes on within a segment that compaction has made of several, also without its index', () => {
      for (const after of ['', ' && rm compacted/topics/events/*.1.index']) {
        const store = copyOf('compacted');
        const compact = command(store, 'compact', 'events', '--by-key', 'key') + after;
        const { status, stdout, stderr } = readWhile(store, SECOND!, compact);
        const rest = eventsFrom(store, EVENTS_A_PART);
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout).toBe(all[0]! + rest);
        expect(rest.split('\n').length).toBeLessThan(250);
        const first = join(store, 'topics', 'events', FIRST!.replace('.ndjson', '.1.ndjson'));
        expect(readFileSync(first, 'utf8').split('\n').length).toBeGreaterThan(2 * EVENTS_A_PART);
      }
    });

    test('begins where the topic begins by then, and says so where retention has gone past it', () => {
      const prune = ['prune', 'events', '--retain', '1 event'];
      const early = copyOf('pruned');
      expect(readWhile(early, FIRST!, command(early, ...prune))).toEqual({
        status: 0,
        stdout: eventsFrom(early, 300),
        stderr: '',
      });
      const late = copyOf('pruned');
      expect(readWhile(late, SECOND!, command(late, ...prune))).toEqual({
        status: 4,
        stdout: all[0]!,
        stderr: 'offset 100 of the topic "events" is no longer kept; the earliest is 300\n',
      });
    });

    test('says that a topic was started over, or removed', () => {
      for (const words of [
        args('run', 'none.js', 'in.ndjson', '--to', 'events', '--fresh'),
        args('run', 'pass.js', 'in.ndjson', '--to', 'events', '--fresh', '--where', 'n > 3'),
        ['rm', 'events', '--yes'],
      ]) {
        const store = copyOf('fresh');
        expect(readWhile(store, SECOND!, command(store, ...words))).toEqual({
          status: 4,
          stdout: all[0]!,
          stderr: 'the topic "events" was started over while it was read\n',
        });
      }
    });

    test('finds the journal that a job has begun since the files of it were listed', () => {
      const store = copyOf('rolled');
      const run = args('run', 'pass.js', 'in.ndjson', '--to', 'events');
      const done = readWhile(store, '.journal', command(store, ...run));
      expect(done).toEqual({ status: 0, stdout: all.join(''), stderr: '' });
    });

    test('calls it damage where the journal says what it said before', () => {
      const store = copyOf('damaged');
      const segment = join(store, 'topics', 'events', SECOND!);
      const gone = readWhile(store, SECOND!, `rm '${segment}'`);
      expect(gone).toEqual({
        status: 5,
        stdout: all[0]!,
        stderr: `"${segment}" is missing\n`,
      });
      const shorter = copyOf('damaged');
      const size = readFileSync(segment).length - 1;
      const cut = readWhile(
        shorter,
        LAST!,
        `truncate -s ${size} '${join(shorter, 'topics', 'events', LAST!)}'`,
      );
      expect(cut).toMatchObject({ status: 5, stderr: expect.stringMatching(/is damaged/) as string });
    });
  },
);
