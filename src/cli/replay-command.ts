import type { Command } from 'commander';
import { MillraceError } from '../base/errors.ts';
import { addHandlingOptions, checkHandling } from './handling-options.ts';
import { checkNotStdout } from './option-uses.ts';
import { parseDuration } from './parse-values.ts';
import { addRangeOptions, parseSpeed, type ReplayFlags } from './replay-options.ts';
import { checkUses, isToTopic } from './replay-uses.ts';
import { addSendingOptions } from './sending-options.ts';

/** `millrace replay`: events of topics and files again, at the pace at which they happened. */

const EXAMPLES = `
An input is a topic, or what "millrace run" reads and has an end: a file, a glob in quotes, "-".
The distances between the times of events are kept; events that are out of order come at once.

Keys, on a terminal: space pauses and goes on, → or n lets one event go, + and - change the
speed, q ends.

Examples:
  millrace replay errors --from 14:00 --speed 10x | jq .
  millrace replay access.ndjson --time-field ts --max-gap 5s
  millrace replay access.ndjson --from 2026-01-01T00:00:20Z --speed max --select ts,path
  millrace replay errors --from 1200 --to-offset 1300 --to tcp://127.0.0.1:9000
  millrace replay access.ndjson --handler errors.ts --speed 10x --to errors
  millrace replay access.ndjson --diff old.ts new.ts --report differences.ndjson
  millrace replay access.ndjson --diff git:HEAD~1 errors.ts
  millrace replay errors --from -1h --handler new.ts --diff`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('[input...]', 'topics, files, globs, or "-" for standard input')
    .option('--speed <factor>', '1x, 10x, 0.5x, or max, which waits for nothing (default: 1x)', parseSpeed)
    .option('--max-gap <duration>', 'a longer gap between two events counts as this much', parseDuration);
  addRangeOptions(command)
    .option(
      '-t, --to <where>',
      'standard output ("-"), a topic, or an address: tcp://, tls://, unix:, http://, https://',
      '-',
    )
    .option('--no-keys', 'leave the keyboard alone');
  command
    .optionsGroup('Sending (--to with an address):')
    .option('--ack', 'the other side is a millrace with --ack: no line is lost, and none comes twice')
    .option('--producer <name>', 'name under which lines are numbered, so that the same command goes on');
  addSendingOptions(command)
    .optionsGroup('Handling:')
    .option('--handler <file>', 'TypeScript or JavaScript file whose default export handles an event')
    .option('--job <name>', 'with a topic, name under which positions are kept (default: the topic)')
    .option('--fresh', 'with a topic, start the job over: forget positions and empty its topics');
  addHandlingOptions(command);
  command
    .optionsGroup('Comparing:')
    .option(
      '--diff [handlers...]',
      'two handlers, old and new; or with --handler the old one, or none, for the events as they are',
    )
    .option('--report <file>', 'write every event that differs, as NDJSON ("-" for standard output)')
    .option('--exact', 'tell apart what is the same JSON and is spelt in another way')
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], flags: ReplayFlags) => {
      await checkHandling(flags);
      checkUses(command, flags);
      if (flags.diff !== undefined) {
        checkNotStdout('--summary', flags.summary, 'the differences go there');
        exitWith(await diffInputs(inputs, flags.diff === true ? [] : flags.diff, flags));
        return;
      }
      if (flags.to === '-') checkNotStdout('--summary', flags.summary, 'the events go there');
      exitWith(await replayInputs(inputs.length > 0 ? inputs : [pipedInput()], flags));
    });
}

/** Only what is needed is loaded: a run has far more to it than lines that are given out. */
async function replayInputs(names: readonly string[], flags: ReplayFlags): Promise<number> {
  if (flags.handler === undefined && !isToTopic(flags)) {
    return (await import('./replay-and-report.ts')).replayAndReport(names, flags);
  }
  return (await import('./replay-run.ts')).replayAsRun(names, flags);
}

/** Endings by which a handler is told from an input. */
const HANDLER_ENDING = /\.[cm]?[jt]sx?$/;

function isHandler(value: string): boolean {
  return HANDLER_ENDING.test(value) || value.startsWith('git:');
}

async function diffInputs(
  inputs: readonly string[],
  values: readonly string[],
  flags: ReplayFlags,
): Promise<number> {
  // The option takes all that stands behind it, inputs as well.
  const handlers = values.filter(isHandler);
  const others = values.filter(value => !isHandler(value));
  if (flags.handler !== undefined) handlers.push(flags.handler);
  const [first, second] = handlers;
  if (first === undefined && values.length > 0) throw noneOf(values);
  if (first === undefined || handlers.length > 2) {
    throw new MillraceError(
      'MILLRACE_USAGE',
      `--diff compares two handlers, and there are ${handlers.length}`,
      {
        hint: 'write --diff old.ts new.ts, or --handler new.ts --diff to compare with the events as they are',
      },
    );
  }
  const sides = second === undefined ? { old: undefined, new: first } : { old: first, new: second };
  const names = [...inputs, ...others];
  const { diffAndReport } = await import('./replay-diff.ts');
  return diffAndReport(names.length > 0 ? names : [pipedInput()], sides, flags);
}

function noneOf(values: readonly string[]): MillraceError {
  const named = values.map(value => `"${value}"`).join(', ');
  return new MillraceError('MILLRACE_USAGE', `--diff compares two handlers, and finds none in ${named}`, {
    hint: 'a handler is a TypeScript or JavaScript file by its ending, such as .ts or .mjs, or git:REV:FILE',
  });
}

function pipedInput(): string {
  if (process.stdin.isTTY !== true) return '-';
  throw new MillraceError('MILLRACE_NO_INPUT', 'there is no input', {
    hint: 'name a topic or a file, pipe events in, or use "-" to type them',
  });
}
