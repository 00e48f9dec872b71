import { Argument, type Command, Option } from 'commander';
import { DEAD_REASONS } from '../base/dead-letter.ts';
import { EXIT } from '../base/errors.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { reportOf } from './dead-report.ts';
import { showLetters } from './dead-show.ts';
import { deadTable } from './dead-table.ts';
import { openDead } from './dead-topic.ts';
import {
  addHandlingOptions,
  checkHandling,
  type HandlingFlags,
  handlingOptions,
  needsHandler,
  noHandler,
  toLog,
} from './handling-options.ts';
import { defaultReading } from './input-options.ts';
import { parseCount } from './parse-values.ts';
import { runAndReport } from './run-and-report.ts';
import { checkRunUses } from './run-uses.ts';
import { storeOption } from './store-option.ts';
import { COLUMNS } from './text-columns.ts';

/** `millrace dead`: the events of a topic that could not be handled, to be looked at and to be handled again. */

const EXAMPLES = `
Examples:
  millrace dead list errors
  millrace dead show errors 3
  millrace dead retry errors errors.ts

Run "millrace dead <command> --help" for the options of each.`;

const LIST_EXAMPLES = `
Examples:
  millrace dead list errors
  millrace dead list errors -n 50 --reason handler-threw
  millrace dead list errors --json | jq .reasons`;

const SHOW_EXAMPLES = `
Examples:
  millrace dead show errors 3
  millrace dead show errors 0 1 2
  millrace dead show errors 3 --event | jq .`;

const RETRY_EXAMPLES = `
The original events of the dead letters go through the handler again, as a run of the job that writes the topic: outputs
go to the topic, events that fail again become new dead letters, which the next retry reads, and a retry that was killed
loses and repeats nothing. Letters stay where they are. Of a line that was too long only the beginning was kept: such a
letter is passed over.

Examples:
  millrace dead retry errors errors.ts
  millrace dead retry errors errors.ts --key client.ip --workers 4 --summary retry.json
  millrace dead retry errors --where 'status >= 500'`;

type ExitWith = (status: number) => void;

export function define(command: Command, exitWith: ExitWith): void {
  command.addHelpText('after', EXAMPLES);
  defineList(command.command('list'), exitWith);
  defineShow(command.command('show'), exitWith);
  defineRetry(command.command('retry'), exitWith);
}

interface ListFlags {
  readonly number: number;
  readonly reason?: string;
  readonly json?: boolean;
  readonly store: string;
}

function defineList(command: Command, exitWith: ExitWith): void {
  command
    .description('Tell how many dead letters there are, why, and what the last ones say.')
    .summary('tell how many there are, why, and what the last ones say')
    .argument('<topic>', 'topic whose dead letters are meant')
    .option('-n, --number <n>', 'how many of the last ones to show', parseCount, 10)
    .addOption(new Option('--reason <reason>', 'only those of this reason').choices(DEAD_REASONS))
    .option('--json', 'print one JSON object')
    .addOption(storeOption())
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (topic: string, { number, reason, json, store }: ListFlags) => {
      const report = await reportOf(await openDead(store, topic), number, reason);
      const width = Math.max(COLUMNS, process.stdout.columns ?? COLUMNS);
      const text = json === true ? `${JSON.stringify(report)}\n` : deadTable(report, width, reason);
      // The table is escaped where it shows data, and its colours must not be.
      const out = json === true ? standardOutput() : new FdWriter(1, false);
      await out.write(Buffer.from(text, 'utf8'));
      exitWith(EXIT.done);
    });
}

function defineShow(command: Command, exitWith: ExitWith): void {
  const offsets = new Argument('<offset...>', 'numbers of the letters, from 0').argParser(
    (text: string, before: readonly number[] | undefined) => [...(before ?? []), parseCount(text)],
  );
  command
    .description('Show whole letters.')
    .summary('show whole letters')
    .argument('<topic>', 'topic whose dead letters are meant')
    .addArgument(offsets)
    .option('--event', 'print just the original event, byte for byte')
    .addOption(storeOption())
    .addHelpText('after', SHOW_EXAMPLES)
    .action(
      async (topic: string, numbers: number[], { event, store }: { event?: boolean; store: string }) => {
        await showLetters(await openDead(store, topic), numbers, event ?? false);
        exitWith(EXIT.done);
      },
    );
}

function defineRetry(command: Command, exitWith: ExitWith): void {
  command
    .description('Handle the events of the dead letters again, exactly once.')
    .summary('handle their events again, exactly once')
    .argument('<topic>', 'topic whose dead letters are meant')
    .argument('[handler]', 'TypeScript or JavaScript file whose default export handles an event');
  addHandlingOptions(command)
    .addHelpText('after', RETRY_EXAMPLES)
    .action(async (topic: string, handler: string | undefined, flags: HandlingFlags) => {
      exitWith(await runAndReport(await retryOptions(command, topic, handler, flags), flags.summary));
    });
}

async function retryOptions(
  command: Command,
  name: string,
  handler: string | undefined,
  flags: HandlingFlags,
): Promise<RunOptions> {
  await checkHandling(flags);
  if (handler === undefined && needsHandler(flags)) throw noHandler('dead retry');
  const { where, onError } = flags;
  checkRunUses(command, { handler, where, inputs: [], isToTopic: true, onError });
  const { topic, reader } = await openDead(flags.store, name);
  return Object.freeze({
    ...handlingOptions(handler, flags),
    inputs: [`dead:${topic}`],
    reading: defaultReading(flags.store, flags.maxLine),
    to: toLog(topic, reader.job, false, flags),
  });
}
