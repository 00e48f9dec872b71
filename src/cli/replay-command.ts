import { type Command, Option } from 'commander';
import { MillraceError } from '../base/errors.ts';
import { SEND_RETRY_MS } from '../base/limits.ts';
import { addFilterOptions, checkFilter } from './filter-options.ts';
import { parseDuration } from './parse-values.ts';
import { addRangeOptions, parseSpeed, type ReplayFlags } from './replay-options.ts';
import { storeOption } from './store-option.ts';

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
  millrace replay errors --from 1200 --to-offset 1300 --to tcp://127.0.0.1:9000`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('[input...]', 'topics, files, globs, or "-" for standard input')
    .addOption(
      new Option('--speed <factor>', '1x, 10x, 0.5x, or max, which waits for nothing')
        .argParser(parseSpeed)
        .default(1, '1x'),
    )
    .option('--max-gap <duration>', 'a longer gap between two events counts as this much', parseDuration);
  addFilterOptions(addRangeOptions(command))
    .addOption(
      new Option(
        '-t, --to <where>',
        'standard output ("-"), tcp://, tls://, unix:, http:// or https://',
      ).default('-'),
    )
    .addOption(storeOption())
    .option('--no-keys', 'leave the keyboard alone')
    .option('--summary <file>', "write the replay's figures to this file as JSON")
    .optionsGroup('Sending (--to with an address):')
    .option('--ack', 'the other side is a millrace with --ack: no line is lost, and none comes twice')
    .option('--producer <name>', 'name under which lines are numbered, so that the same command goes on')
    .option('--token-file <file>', 'what the other side wants to be told')
    .option('--tls-ca <file>', 'authorities to trust instead of the usual ones, PEM')
    .option('--tls-cert <file>', 'certificate of our own, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .addOption(
      new Option('--retry <duration>', 'time without a connection after which to give up')
        .argParser(parseDuration)
        .default(SEND_RETRY_MS, '30s'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], flags: ReplayFlags) => {
      await checkFilter(flags);
      const named = inputs.length > 0 ? inputs : [pipedInput()];
      const { replayAndReport } = await import('./replay-and-report.ts');
      exitWith(await replayAndReport(named, flags));
    });
}

function pipedInput(): string {
  if (process.stdin.isTTY !== true) return '-';
  throw new MillraceError('MILLRACE_NO_INPUT', 'there is no input', {
    hint: 'name a topic or a file, pipe events in, or use "-" to type them',
  });
}
