import type { Command } from 'commander';
import { EXIT } from '../base/errors.ts';
import { checkNeeds } from './option-uses.ts';
import { reportError } from './report-error.ts';
import { addSendingOptions, SENDING_NEEDS, type SendingFlags, sendingOptions } from './sending-options.ts';

/** `millrace send`: the client of a millrace that listens with `--ack`. */

const EXAMPLES = `
Lines are sent until millrace has said that they are committed. When the connection breaks, or either side is killed, the
same command goes on: nothing is lost, and nothing is there twice. Each file is numbered for itself, by its path and its
first line, so that others may join a glob; with --producer all of them are numbered as one.

A last line without a newline is sent if it is whole JSON and no number. Else it may still be written: it is left and told, with
exit status 4, and the same command sends it when it has ended. All of a pipe without --producer is sent.

Examples:
  millrace run errors.ts tcp://127.0.0.1:9000 --ack --to errors
  millrace send tcp://127.0.0.1:9000 access.ndjson
  journalctl -o json -f | millrace send unix:/run/app.sock --producer journal`;

interface Flags extends SendingFlags {
  readonly producer?: string;
}

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<address>', 'tcp://host:port, tls://host:port or unix:path')
    .argument('[file...]', 'files, globs, or "-" for standard input, which is the default')
    .option(
      '--producer <name>',
      'name under which lines are numbered (default: one for each file, made of host, path and first line)',
    );
  addSendingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (text: string, files: string[], flags: Flags) => {
      checkNeeds(command, { to: text }, SENDING_NEEDS);
      exitWith(await sendAll(text, files, flags));
    });
}

/** Gives the exit status. */
async function sendAll(address: string, files: readonly string[], flags: Flags): Promise<number> {
  const { sendFiles } = await import('../client/send-files.ts');
  const inputs = files.length > 0 ? files : ['-'];
  let status: number = EXIT.done;
  const sent = await sendFiles(address, inputs, {
    producer: flags.producer,
    // Told at once: whatever comes of the rest, it may not be seen again.
    onUnsent: error => (status = reportError(error)),
    ...sendingOptions(flags),
  });
  const earlier = sent.earlier > 0 ? `, ${sent.earlier} of them before` : '';
  process.stderr.write(`${sent.lines} lines are committed${earlier}\n`);
  return status;
}
