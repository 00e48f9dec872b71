import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import { LINE_BYTES_MAX } from '../base/limits.ts';
import { inspect } from '../inspect/inspect.ts';
import { parsePath } from '../kernel/path.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { addInputOptions, type InputFlags, readingOptions } from './input-options.ts';
import { inspectTable } from './inspect-table.ts';
import { type Asked, givenOptions, onlyWith } from './option-uses.ts';
import { printError } from './report-error.ts';
import { catchSignals } from './signals.ts';
import { storeOption } from './store-option.ts';

/** `millrace inspect`: what a source is like, before one builds a run on it. */

interface Flags extends InputFlags {
  readonly key?: string;
  readonly timeField?: string;
  readonly store: string;
  readonly json?: boolean;
  readonly limit?: number;
}

const EXAMPLES = `
Inputs are those of "millrace run": files, globs in quotes, compressed files, pipes, topics
(topic:errors), or "-" for standard input.

Examples:
  millrace inspect access.ndjson
  millrace inspect access.ndjson --key client.ip
  millrace inspect "logs/*.ndjson.gz" --key /id.orig_h --time-field ts --limit 100000
  tail -F app.log | millrace inspect --json | jq .advice`;

export function define(command: Command, exitWith: (status: number) => void): void {
  addInputOptions(command);
  // What has no end of its own is not inspected, so what can be said about it is left out.
  for (const option of command.options) if (!option.long?.startsWith('--max-unpack')) option.hideHelp();
  command
    .argument('[input...]', 'files, globs, or "-" for standard input')
    .option('-k, --key <path>', 'tell how this value would spread events over workers')
    .option('--time-field <path>', 'the value that tells when an event happened (default: it is looked for)')
    .option('--limit <n>', 'look at the first n lines only', parseLimit)
    .option('--json', 'print one JSON object')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], flags: Flags) => {
      checkUses(command);
      exitWith(await inspectAndPrint(inputs, flags));
    });
}

/** Throws MILLRACE_USAGE at what can be said only of inputs without an end; of --follow something better can be said. */
function checkUses(command: Asked): void {
  const useless = givenOptions(command).find(({ hidden, long }) => hidden && long !== '--follow');
  if (useless !== undefined) throw onlyWith(useless.long!, '"millrace run"');
}

async function inspectAndPrint(inputs: readonly string[], flags: Flags): Promise<number> {
  const { key, timeField, limit, follow } = flags;
  if (follow === true) {
    throw new MillraceError('MILLRACE_USAGE', 'inspect does not follow files', {
      hint: 'pipe what grows into it, as in "tail -F app.log | millrace inspect", and end it with Ctrl-C',
    });
  }
  const questions = {
    key: key === undefined ? undefined : parsePath(key),
    timeField: timeField === undefined ? undefined : parsePath(timeField),
    linesMax: limit ?? Number.POSITIVE_INFINITY,
  };
  const signals = catchSignals();
  const { interrupted } = signals;
  try {
    const named = inputs.length > 0 ? inputs : [pipedInput()];
    const hooks = {
      interrupted,
      tell: printError,
      openTopic: (name: string, store = flags.store) => TopicReader.open(realDisk, store, name),
    };
    const report = await inspect(named, readingOptions(flags, LINE_BYTES_MAX), questions, hooks);
    const text = flags.json === true ? `${JSON.stringify(report)}\n` : inspectTable(report);
    // The table is escaped where it shows data, and its colours must not be.
    const out = flags.json === true ? standardOutput() : new FdWriter(1, false);
    await out.write(Buffer.from(text, 'utf8'));
    return report.ended === 'interrupted' ? signals.exitStatus : EXIT.done;
  } finally {
    signals.release();
  }
}

function pipedInput(): string {
  if (process.stdin.isTTY !== true) return '-';
  throw new MillraceError('MILLRACE_NO_INPUT', 'there is no input', {
    hint: 'name a file, pipe events in, or use "-" to type them',
  });
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number, at least 1.');
}
