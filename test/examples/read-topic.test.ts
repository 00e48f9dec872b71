import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ended, millrace, ownDirectory, ROOT, runIn } from '../support/program.ts';

/**
 * examples/read-topic.py, which was written from FORMAT.md, reads what the program has written: so the page is enough to
 * write a reader in another language.
 */

const SCRIPT = join(ROOT, 'examples', 'read-topic.py');
const FROZEN = join(ROOT, 'fixtures', 'stores');
const directory = ownDirectory();
const STORE = join(directory, 'store');
const SEGMENT = /^\d{20}\.ndjson$/;

/** Bytes that are not all ASCII, a few lines that are no JSON, and lines long and short. */
const lines = Array.from({ length: 3000 }, (_, n) =>
  n % 500 === 7 ? `{broken ${n}` : `{"n":${n},"text":"${'ö€'.repeat((n * 31) % 40)}"}`,
);
const good = lines.filter(line => !line.startsWith('{broken'));

function read(store: string, topic = 'events'): Ended {
  return runIn(directory, 'python3', [SCRIPT, store, topic]);
}

/** A copy of the store, for a test to change. */
function copyOf(name: string, store = STORE): string {
  const copy = join(directory, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(store, copy, { recursive: true });
  return copy;
}

function segmentsOf(store: string): string[] {
  const topic = join(store, 'topics', 'events');
  return readdirSync(topic)
    .filter(name => SEGMENT.test(name))
    .map(name => join(topic, name));
}

function journalOf(store: string): string {
  const journal = join(store, 'jobs', 'events', 'journal');
  return join(journal, readdirSync(journal).at(-1)!);
}

function flip(path: string, at: number): void {
  const content = readFileSync(path);
  content[at]! ^= 0x04;
  writeFileSync(path, content);
}

if (spawnSync('python3', ['--version']).status !== 0) {
  describe('examples/read-topic.py', () => {
    test.skip('is not tested: there is no python3', () => undefined);
  });
} else {
  describe('examples/read-topic.py', () => {
    beforeAll(() => {
      writeFileSync(join(directory, 'pass.js'), 'export default () => true;\n');
      for (const part of [0, 1, 2]) {
        appendFileSync(
          join(directory, 'in.ndjson'),
          `${lines.slice(part * 1000, part * 1000 + 1000).join('\n')}\n`,
        );
        const args = ['run', 'pass.js', 'in.ndjson', '--to', 'events', '--segment-size', '1KiB'];
        expect(millrace(directory, [...args, '--store', STORE]).status).toBe(6);
      }
      expect(segmentsOf(STORE).length).toBe(3);
    });

    test('prints the events of several segments and of the dead letters, byte for byte', () => {
      expect(read(STORE)).toEqual({ status: 0, stdout: Buffer.from(`${good.join('\n')}\n`), stderr: '' });
      expect(read(STORE, 'events.dead')).toEqual({
        ...millrace(directory, ['cat', 'events.dead', '--store', STORE]),
        status: 0,
      });
    });

    test('passes over a torn last line of the journal, a torn journal file, and an uncommitted tail', () => {
      const store = copyOf('torn');
      appendFileSync(journalOf(store), '{"seq":9,"kind":"comm');
      appendFileSync(segmentsOf(store).at(-1)!, '{"n":"uncommitted"}\n');
      writeFileSync(join(store, 'topics', 'events', `${'9'.repeat(20)}.ndjson`), '{"n":"uncommitted"}\n');
      writeFileSync(join(store, 'jobs', 'events', 'journal', `${'9'.repeat(20)}.journal`), '{"seq":');
      expect(read(store)).toMatchObject({ status: 0, stdout: Buffer.from(`${good.join('\n')}\n`) });
    });

    test('takes the checksum of the whole segment where an index is missing or damaged', () => {
      const store = copyOf('index');
      const [first, second] = segmentsOf(store).map(path => path.replace(/ndjson$/, 'index'));
      rmSync(first!);
      flip(second!, 30);
      expect(read(store)).toMatchObject({ status: 0, stdout: Buffer.from(`${good.join('\n')}\n`) });
      flip(segmentsOf(store)[0]!, 30);
      expect(read(store)).toMatchObject({ status: 5 });
    });

    test('finds a changed bit in every segment, in the journal and in the topic.json, and prints nothing behind it', () => {
      const store = copyOf('flipped');
      const paths = [...segmentsOf(store), journalOf(store), join(store, 'topics', 'events', 'topic.json')];
      for (const path of paths) {
        for (const at of [0, Math.floor(readFileSync(path).length / 2), readFileSync(path).length - 1]) {
          flip(path, at);
          const { status, stdout, stderr } = read(store);
          expect({ status, path, at }).toEqual({ status: 5, path, at });
          expect(`${good.join('\n')}\n`.startsWith(stdout.toString('utf8'))).toBe(true);
          expect(stderr).toMatch(/is damaged|does not add up/);
          flip(path, at);
        }
      }
      expect(read(store).status).toBe(0);
    });

    test('finds a missing segment, a short one, and a missing journal', () => {
      const store = copyOf('short');
      const [first] = segmentsOf(store);
      writeFileSync(first!, readFileSync(first!).subarray(0, -1));
      expect(read(store)).toMatchObject({ status: 5, stderr: expect.stringMatching(/is damaged/) as string });
      rmSync(first!);
      expect(read(store)).toMatchObject({ status: 5, stderr: expect.stringMatching(/is missing/) as string });
      rmSync(journalOf(store));
      expect(read(store)).toMatchObject({
        status: 5,
        stderr: expect.stringMatching(/journal .* is gone/) as string,
      });
    });

    test('reads what was repaired, without the events that are lost, and what was imported', () => {
      const store = copyOf('repaired');
      flip(segmentsOf(store)[1]!, 30);
      expect(read(store).status).toBe(5);
      expect(millrace(directory, ['repair', '--yes', '--store', store]).status).toBe(0);
      const repaired = millrace(directory, ['cat', 'events', '--store', store]).stdout;
      expect(repaired.length).toBeGreaterThan(0);
      expect(read(store)).toEqual({ status: 0, stdout: repaired, stderr: '' });

      const exported = millrace(directory, ['export', 'events', '--positions', '--store', store]).stdout;
      const args = ['import', 'moved', '--segment-size', '1KiB', '--store', store];
      expect(millrace(directory, args, exported.toString('utf8')).status).toBe(0);
      expect(read(store, 'moved')).toEqual({ status: 0, stdout: repaired, stderr: '' });
    });

    test.each(readdirSync(FROZEN))(
      'reads the frozen store %s as millrace does',
      name => {
        const store = join(FROZEN, name);
        for (const topic of readdirSync(join(store, 'topics'))) {
          const { stdout } = millrace(directory, ['cat', topic, '--store', store]);
          expect(read(store, topic)).toEqual({ status: 0, stdout, stderr: '' });
        }
      },
      240_000,
    );

    test('refuses a store of another version, and says what is not there', () => {
      const store = copyOf('version');
      writeFileSync(join(store, 'store.json'), '{"version":99}\n');
      expect(read(store)).toMatchObject({ status: 5, stderr: expect.stringMatching(/version 99/) as string });
      expect(read(STORE, 'nothing')).toMatchObject({
        status: 4,
        stderr: expect.stringMatching(/no topic "nothing"/) as string,
      });
      mkdirSync(join(directory, 'empty'));
      expect(read(join(directory, 'empty'))).toMatchObject({
        status: 4,
        stderr: expect.stringMatching(/no store/) as string,
      });
    });
  });
}
