import { resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { CASE_BYTES_MAX, LINE_BYTES_MAX, UNPACK_RATIO_MAX, UNPACKED_BYTES_MAX } from '../base/limits.ts';
import { run } from '../pipeline/run.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { compareDead, type DeadDifference } from './compare-dead.ts';
import { compareEvents, type EventDifference } from '../compare/compare-events.ts';
import { type Case, type CaseFolder, expectedFile, INPUT, readCase } from './folder.ts';
import { linesOf } from '../compare/lines.ts';

/** Runs a case as `millrace run` would run its input, and compares what comes out with what is expected. */

export interface CaseSettings {
  readonly handler: string;
  readonly heapMiBMax: number;
  /** Whether events must be spelt as expected, and not only mean the same. */
  readonly exactly: boolean;
}

export interface CaseResult {
  readonly folder: CaseFolder;
  /** Why the case could not be run, or cannot pass. */
  readonly problems: readonly string[];
  /** What came out of the handler, and of each topic to which it emits; nothing where the case could not be run. */
  readonly outputs: readonly OutputResult[];
  readonly dead: readonly DeadDifference[];
  /** All dead letters, as lines. */
  readonly deadLetters: string;
}

export interface OutputResult {
  /** The file with what is expected. */
  readonly file: string;
  readonly differences: readonly EventDifference[];
  /** What came out, as lines. */
  readonly given: string;
}

/** What came out, as lines; `undefined` stands for what the handler has returned, other keys are topics. */
interface Given {
  readonly events: ReadonlyMap<string | undefined, string>;
  readonly dead: string;
}

export function hasPassed({ problems, outputs, dead }: CaseResult): boolean {
  return (
    problems.length === 0 && dead.length === 0 && outputs.every(({ differences }) => differences.length === 0)
  );
}

/** Rejects with MILLRACE_HANDLER_… where the handler cannot be loaded; all else that goes wrong is the case's result. */
export async function runCase(folder: CaseFolder, settings: CaseSettings): Promise<CaseResult> {
  const found = readCase(folder);
  if ('problems' in found) return unusable(folder, found.problems);
  let given: Given;
  try {
    given = await outputOf(found, settings);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code.startsWith('MILLRACE_HANDLER_')) throw error;
    return unusable(folder, [error.message]);
  }
  const { exactly } = settings;
  const outputs = [...given.events].map(([topic, text]) => {
    const expected = topic === undefined ? found.expected : (found.emitted.get(topic) ?? '');
    const differences = compareEvents(linesOf(expected, exactly), linesOf(text, exactly));
    return { file: expectedFile(topic), differences, given: text };
  });
  return {
    folder,
    problems: [...found.emitted.keys()]
      .filter(topic => !given.events.has(topic))
      .map(topic => `"${expectedFile(topic)}" is of a topic that the handler does not declare`),
    outputs,
    dead: compareDead(linesOf(found.dead, false), linesOf(given.dead, false)),
    deadLetters: given.dead,
  };
}

function unusable(folder: CaseFolder, problems: readonly string[]): CaseResult {
  return { folder, problems, outputs: [], dead: [], deadLetters: '' };
}

async function outputOf({ name, path, options }: Case, settings: CaseSettings): Promise<Given> {
  const events = new Map<string | undefined, Uint8Array[]>([[undefined, []]]);
  const dead: string[] = [];
  let bytes = 0;
  const count = (more: number): void => {
    bytes += more;
    if (bytes > CASE_BYTES_MAX) {
      throw new MillraceError('MILLRACE_OUTPUT_WRITE', `more than ${CASE_BYTES_MAX} bytes come out of it`);
    }
  };
  const to: RunOptions['to'] = {
    kind: 'caller',
    onTopics: topics => topics.forEach(topic => events.set(topic, [])),
    onEvents: (some, topic) => {
      count(some.length);
      events.get(topic)!.push(some);
    },
    onDead: letter => {
      count(letter.length);
      dead.push(letter);
    },
  };
  const input = resolve(path, INPUT);
  // The same wherever the case lies, so that a handler's output may tell of ids.
  const names = new Map([[input, `${name}/${INPUT}`]]);
  await run(runOptions(input, names, to, options, settings), { interrupted: new AbortController().signal });
  const texts = [...events].map(([topic, some]) => [topic, Buffer.concat(some).toString('utf8')] as const);
  return { events: new Map(texts), dead: dead.join('') };
}

function runOptions(
  input: string,
  names: ReadonlyMap<string, string>,
  to: RunOptions['to'],
  {
    key,
    where,
    select,
    workers = 1,
    timeoutMs,
    lineBytesMax = LINE_BYTES_MAX,
    ...overrides
  }: Case['options'],
  { handler, heapMiBMax }: CaseSettings,
): RunOptions {
  return {
    handler,
    where,
    select,
    watch: false,
    inputs: [input],
    reading: {
      names,
      store: '',
      spool: false,
      follow: false,
      unpack: { bytesMax: UNPACKED_BYTES_MAX, ratioMax: UNPACK_RATIO_MAX },
      listen: NOTHING_TO_LISTEN_TO,
    },
    key,
    to,
    workers: { min: workers, max: workers },
    onError: 'dead-letter',
    lineBytesMax,
    timeoutMs,
    heapMiBMax,
    overrides,
  };
}

/** An input is a file here, so none of this is ever looked at. */
const NOTHING_TO_LISTEN_TO: RunOptions['reading']['listen'] = {
  ack: false,
  token: undefined,
  tls: undefined,
  insecure: false,
  connectionsMax: 0,
  connectionsPerAddressMax: 0,
  authTimeoutMs: 0,
  lineTimeoutMs: 0,
  idleTimeoutMs: 0,
  connectionBytesMax: 0,
  bufferBytesMax: 0,
  bodyBytesMax: 0,
  lineBytesMax: 0,
};
