import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { type CaseOptions, parseCaseOptions } from './options.ts';

/**
 * The cases of a handler: for `errors.ts` the folders in `errors.cases`, each with an input and what is to become of it.
 *
 * A case is nothing but the files that are known, so that a misspelt one is no case that passes. Names that begin with a dot are
 * left to editors and desktops.
 */

export const INPUT = 'input.ndjson';
export const EXPECTED = 'expected.ndjson';
export const DEAD = 'dead.ndjson';
const OPTIONS = 'options.json';
const FILES = [INPUT, EXPECTED, DEAD, OPTIONS];

/** The file with what is expected in a topic to which the handler emits, or of the handler itself. */
export function expectedFile(topic: string | undefined): string {
  return topic === undefined ? EXPECTED : `expected.${topic}.ndjson`;
}

/** The topic of such a file; undefined where it is none. */
function topicOf(file: string): string | undefined {
  return /^expected\.(.+)\.ndjson$/.exec(file)?.[1];
}

export interface CaseFolder {
  readonly name: string;
  readonly path: string;
}

/** A case as its files have it. */
export interface Case extends CaseFolder {
  readonly expected: string;
  /** What is expected in topics to which the handler emits. */
  readonly emitted: ReadonlyMap<string, string>;
  readonly dead: string;
  readonly options: CaseOptions;
}

/** What keeps a case from being run. */
export interface Unusable {
  readonly problems: readonly string[];
}

/** The folder with the cases of a handler. */
export function casesFolder(handler: string): string {
  return `${handler.replace(/\.[cm]?[jt]sx?$/i, '')}.cases`;
}

/** The cases of a handler in the order of their names; throws MILLRACE_NO_CASES where there are none. */
export function findCases(handler: string): CaseFolder[] {
  const folder = casesFolder(handler);
  const names = namesIn(folder) ?? [];
  if (names.length > 0) return names.map(name => ({ name, path: join(folder, name) }));
  throw new MillraceError('MILLRACE_NO_CASES', `"${handler}" has no cases: "${folder}" has no folders`, {
    hint: `write some events into "${join(folder, 'NAME', INPUT)}", then run the same command with --update`,
  });
}

/** Reads a case, but for its input; says what is wrong with its folder where it cannot be run. */
export function readCase(folder: CaseFolder): Case | Unusable {
  const { name, path } = folder;
  try {
    if (!statSync(path).isDirectory()) {
      return { problems: [`it is a file; a case is a folder with "${INPUT}"`] };
    }
    const names = namesIn(path)!;
    const problems = names
      .filter(file => !FILES.includes(file) && topicOf(file) === undefined)
      .map(file => `"${file}" is no file of a case: these are ${FILES.join(', ')}`);
    if (!names.includes(INPUT)) problems.push(`there is no "${INPUT}"`);
    if (problems.length > 0) return { problems };
    const read = (file: string): string => (names.includes(file) ? readText(path, file) : '');
    const options = names.includes(OPTIONS) ? parseCaseOptions(read(OPTIONS), OPTIONS) : {};
    const topics = names.flatMap(file => topicOf(file) ?? []);
    const emitted = new Map(topics.map(topic => [topic, read(expectedFile(topic))]));
    return { name, path, expected: read(EXPECTED), emitted, dead: read(DEAD), options };
  } catch (error) {
    return { problems: [reasonOf(error)] };
  }
}

function readText(path: string, file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(path, file));
  } catch (error) {
    throw new Error(`cannot read "${file}": ${reasonOf(error)}`, { cause: error });
  }
  if (!isUtf8(bytes)) throw new Error(`"${file}" is not UTF-8`);
  return bytes.toString('utf8');
}

/** The names in a directory, in order; undefined where there is none. */
function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path)
      .filter(name => !name.startsWith('.'))
      .sort();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new MillraceError('MILLRACE_NO_CASES', `cannot read "${path}": ${reasonOf(error)}`, {
      hint: 'make it a directory that this user may read',
      cause: error,
    });
  }
}
