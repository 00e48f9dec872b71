import type { Command } from 'commander';
import { MillraceError } from '../base/errors.ts';
import { topicNameOf } from '../base/names.ts';
import type { RunOptions, ToStdout } from '../pipeline/run-options.ts';
import {
  addHandlingOptions,
  checkHandling,
  type HandlingFlags,
  handlingOptions,
  needsHandler,
  noHandler,
  toLog,
} from './handling-options.ts';
import { addInputOptions, type InputFlags, readingOptions } from './input-options.ts';
import { checkNotStdout } from './option-uses.ts';
import { runAndReport } from './run-and-report.ts';
import { checkRunUses } from './run-uses.ts';

/** `millrace run`: the main job. */

interface Flags extends HandlingFlags, InputFlags {
  readonly to?: string;
  readonly job?: string;
  readonly fresh?: boolean;
  readonly dead?: string;
  readonly watch?: boolean;
}

const EXAMPLES = `
Inputs are files, globs in quotes, or "-" for standard input, which is also the default when it is piped. A file or
glob that is named twice is read once. Running the same command again goes on where the job stopped.

Examples:
  millrace run errors.ts access.ndjson --key client.ip --to errors
  millrace run errors.ts "logs/*.ndjson" --workers 4 --summary run.json
  tail -F app.log | millrace run errors.ts --to - | jq .
  millrace run errors.ts access.ndjson --fresh --on-error stop
  millrace run errors.ts app.log --follow --watch
  millrace run --where 'status >= 500' --select ts,client.ip access.ndjson`;

export function define(command: Command, exitWith: (status: number) => void): void {
  addInputOptions(command)
    .argument('[handler]', 'TypeScript or JavaScript file whose default export handles an event')
    .argument('[input...]', 'files, globs, or "-" for standard input')
    .option(
      '-t, --to <topic>',
      'topic to write to, or "-" for standard output (default: the handler\'s name; "-" without one)',
    )
    .option('--job <name>', 'name under which positions are kept (default: the topic)')
    .option('--fresh', 'start the job over: forget positions and empty its topics')
    .option('--watch', 'take the handler anew, between two chunks, whenever its source has changed')
    .option('--dead <file>', 'with --to -, write dead letters to this file');
  addHandlingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (handler: string | undefined, inputs: string[], flags: Flags) => {
      exitWith(await runAndReport(await runOptions(command, handler, inputs, flags), flags.summary));
    });
}

/** Endings by which a handler is told from an input, where it may be left out. */
const HANDLER_ENDING = /\.[cm]?[jt]sx?$/;

async function runOptions(
  command: Command,
  first: string | undefined,
  rest: string[],
  flags: Flags,
): Promise<RunOptions> {
  await checkHandling(flags);
  const isNeeded = needsHandler(flags);
  const isHandler = first !== undefined && (isNeeded || HANDLER_ENDING.test(first));
  if (isNeeded && first === undefined) throw noHandler('run');
  const handler = isHandler ? first : undefined;
  const inputs = isHandler || first === undefined ? rest : [first, ...rest];
  const topic = flags.to ?? (handler === undefined ? '-' : topicNameOf(handler));
  const sources = inputs.length > 0 ? inputs : [pipedInput()];
  const { where, onError } = flags;
  checkRunUses(command, { handler, where, inputs: sources, isToTopic: topic !== '-', onError });
  return Object.freeze({
    ...handlingOptions(handler, flags),
    watch: flags.watch ?? false,
    inputs: sources,
    reading: readingOptions(flags, flags.maxLine),
    to: topic === '-' ? toStdout(flags) : toLog(topic, flags.job ?? topic, flags.fresh ?? false, flags),
  });
}

function pipedInput(): string {
  if (process.stdin.isTTY !== true) return '-';
  throw new MillraceError('MILLRACE_NO_INPUT', 'there is no input', {
    hint: 'name a file after the handler, pipe events in, or use "-" to type them',
  });
}

function toStdout({ dead, summary }: Flags): ToStdout {
  checkNotStdout('--dead', dead, 'the events go there');
  checkNotStdout('--summary', summary, 'the events go there');
  return { kind: 'stdout', deadFile: dead };
}
