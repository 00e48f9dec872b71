import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { CASE_OPTIONS } from '../trial/options.ts';
import { hasPassed } from '../trial/run-case.ts';
import { openSuite, runCases, type Suite } from '../trial/run-cases.ts';
import { updateCase } from '../trial/update.ts';
import { EXIT, MillraceError } from '../base/errors.ts';
import { FdWriter } from '../base/fd-writer.ts';
import { defaultHeapMiB } from '../base/heap-size.ts';
import { caseText } from './case-text.ts';
import { cut, COLUMNS, onOneLine } from './text-columns.ts';

/** `millrace test`: the example cases that lie beside a handler. */

interface Flags {
  readonly case?: readonly string[];
  readonly update?: boolean;
  readonly exact?: boolean;
}

interface Counts {
  cases: number;
  failed: number;
  updated: number;
}

const DETAILS = `
The cases of errors.ts are the folders in errors.cases, each with these files:
  input.ndjson      events, as "millrace run" would read them
  expected.ndjson   what comes out; empty or not there where nothing does
  expected.T.ndjson what is emitted to the topic T
  dead.ndjson       dead letters: their "line" in the input, "reason", "event", and
                    "error" with the "message" where that matters
  options.json      options of the run: ${CASE_OPTIONS.slice(0, 5).join(', ')},
                    ${CASE_OPTIONS.slice(5).join(', ')}

Each case runs through the whole pipeline, in a thread of its own. Types are not
checked: that is what tsc is for. What the handler prints goes to standard error. The
exit status is 0 where all cases pass, and 6 where some do not.

Examples:
  millrace test errors.ts
  millrace test errors.ts --case slow-requests --case no-status
  millrace test handlers/*.ts --exact
  millrace test errors.ts --update && git diff errors.cases`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<handler...>', 'TypeScript or JavaScript files with handlers')
    .option('--case <name>', 'run this case only; may be given several times', collect)
    .option('--update', 'write what comes out as what is expected, and say what has changed')
    .option('--exact', 'tell events apart that are the same JSON and are spelt in another way')
    .addHelpText('after', DETAILS)
    .action(async (handlers: string[], flags: Flags) => exitWith(await testAll(handlers, flags)));
}

function collect(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function testAll(handlers: readonly string[], flags: Flags): Promise<number> {
  const all: Suite[] = [];
  for (const handler of new Set(handlers)) all.push(await openSuite(handler));
  const suites = chosen(all, flags.case);
  // What is shown of data is escaped, and the colours must not be.
  const out = new FdWriter(1, false);
  const counts = { cases: 0, failed: 0, updated: 0 };
  for (const suite of suites) {
    if (handlers.length > 1) {
      await out.write(Buffer.from(`${cut(onOneLine(suite.handler), COLUMNS)}\n`));
    }
    await testOne(suite, flags, out, counts);
  }
  const { cases, failed, updated } = counts;
  if (failed === 0) {
    const what = updated > 0 ? `${updated} updated` : cases === 1 ? 'passes' : 'all pass';
    await out.write(Buffer.from(`${cases} ${cases === 1 ? 'case' : 'cases'}, ${what}\n`));
    return EXIT.done;
  }
  throw new MillraceError(
    'MILLRACE_TEST_FAILED',
    `${failed} of ${cases} ${cases === 1 ? 'case fails' : failed === 1 ? 'cases fails' : 'cases fail'}`,
    { hint: '- is expected, + came out; if what came out is right, --update writes it down as expected' },
  );
}

/** Runs the cases of one handler and prints their results. */
async function testOne(
  { handler, folders }: Suite,
  flags: Flags,
  out: FdWriter,
  counts: Counts,
): Promise<void> {
  const atOnce = availableParallelism();
  const heapMiBMax = defaultHeapMiB(atOnce);
  const settings = { handler, heapMiBMax, exactly: flags.exact === true };
  for await (const result of runCases(folders, settings, atOnce)) {
    const changes = flags.update === true ? updateCase(result) : [];
    counts.cases++;
    if (result.problems.length > 0) counts.failed++;
    else if (changes.length > 0) counts.updated++;
    else if (!hasPassed(result)) counts.failed++;
    await out.write(Buffer.from(caseText(result, changes)));
  }
}

/** The cases with one of these names, or all where none is named; throws MILLRACE_USAGE where there is no such case. */
function chosen(suites: readonly Suite[], names: readonly string[] | undefined): Suite[] {
  if (names === undefined) return [...suites];
  const known = new Set(suites.flatMap(({ folders }) => folders.map(({ name }) => name)));
  const unknown = names.find(name => !known.has(name));
  if (unknown !== undefined) {
    throw new MillraceError('MILLRACE_USAGE', `there is no case "${unknown}"`, {
      hint: `the cases are ${[...known].join(', ')}`,
    });
  }
  return suites
    .map(({ handler, folders }) => ({ handler, folders: folders.filter(({ name }) => names.includes(name)) }))
    .filter(({ folders }) => folders.length > 0);
}
