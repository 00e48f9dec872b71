import { Command, CommanderError } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { dropEarly, startEarly } from '../pipeline/early-start.ts';
import { COMMANDS } from './commands.ts';
import { reportError } from './report-error.ts';
import { version } from './version.ts';

/** Runs one command line; gives the exit status. Never throws, and is the only place that turns errors into words. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader of standard error that goes away must not end the run.
  bearErrors(process.stderr);
  process.once('beforeExit', reportStandstill);
  try {
    return await runCommand(args);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.done : 2;
    }
    return reportError(error);
  } finally {
    process.off('beforeExit', reportStandstill);
    await dropEarly();
  }
}

/** Nothing is left that could wake up what the command waits for: without a word the process would end here. */
function reportStandstill(): void {
  process.exitCode = reportError(new Error('the command came to a standstill before its end'));
}

async function runCommand(args: readonly string[]): Promise<number> {
  let status: number = EXIT.done;
  const program = prepare(new Command('millrace'))
    .description('NDJSON in, your TypeScript on every core, a crash-proof log out.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES);
  for (const row of COMMANDS) {
    const command = prepare(program.command(row.name))
      .description(sentence(row.summary))
      .summary(row.summary);
    if (row.name !== args[0] && row.name !== args[1]) continue;
    if (row.name === args[0] && row.takesThreads === true && !args.some(isAboutThreads)) startEarly();
    const { define } = await row.load();
    define(command, value => {
      status = value;
    });
  }
  await program.parseAsync([...args], { from: 'user' }).catch((error: unknown) => {
    const isHelp =
      error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help');
    throw error instanceof CommanderError && !isHelp ? usageError(error, namedBy(program, args)) : error;
  });
  return status;
}

const EXAMPLES = `
Examples:
  millrace run errors.ts access.ndjson --key client.ip --to errors
  tail -F app.log | millrace run errors.ts --to - | jq .
  millrace cat errors
  millrace tail errors -f

Run "millrace <command> --help" for the options of a command.`;

/** What all commands share: errors are ours to print, and unknown words are named. */
function prepare(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeOut: printHelp })
    .showSuggestionAfterError(true)
    .helpOption('-h, --help', 'show this help');
}

/** A reader that goes away (`| head`) is no failure. */
function printHelp(text: string): void {
  bearErrors(process.stdout);
  process.stdout.write(text);
}

/** Lets nothing come of what cannot be written to a stream from now on, also when this has ended. Once is enough for ever. */
function bearErrors(stream: NodeJS.WriteStream): void {
  if (!stream.listeners('error').includes(noMatter)) stream.on('error', noMatter);
}

function noMatter(): void {}

/** Who asks for help waits for no thread, and who says what threads are to be like for none that is not so. */
function isAboutThreads(argument: string): boolean {
  return /^(-h|--help|-w.*|--workers(=.*)?|--worker-memory(=.*)?)$/.test(argument);
}

function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
}

/** The command that `args` name, as it is called: `dead list`; empty where they name none. */
function namedBy(program: Command, args: readonly string[]): string {
  const names: string[] = [];
  for (let command: Command | undefined = program; ; names.push(command.name())) {
    command = command.commands.find(sub => sub.name() === args[names.length]);
    if (command === undefined) return names.join(' ');
  }
}

function usageError(error: CommanderError, command: string): MillraceError {
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const help = `see "millrace ${command === '' ? '' : `${command} `}--help"`;
  const hint = suggestion === undefined ? help : `${suggestion.replace(/^\(|\)$/g, '')} (${help})`;
  return new MillraceError('MILLRACE_USAGE', message!, { hint });
}
