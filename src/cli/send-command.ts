import { type Command, Option } from 'commander';
import { EXIT } from '../base/errors.ts';
import { SEND_RETRY_MS } from '../base/limits.ts';
import { parseDuration } from './parse-values.ts';
import { readPem, readToken } from './secrets.ts';

/** `millrace send`: the client of a millrace that listens with `--ack`. */

const EXAMPLES = `
Lines are sent until millrace has said that they are committed. When the connection breaks, or either side is killed, the
same command goes on: nothing is lost, and nothing is there twice. Each file is numbered for itself, by its path and its
first line, so that others may join a glob; with --producer all of them are numbered as one.

Examples:
  millrace run errors.ts tcp://127.0.0.1:9000 --ack --to errors
  millrace send tcp://127.0.0.1:9000 access.ndjson
  journalctl -o json -f | millrace send unix:/run/app.sock --producer journal`;

interface Flags {
  readonly producer?: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly retry: number;
}

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<address>', 'tcp://host:port, tls://host:port or unix:path')
    .argument('[file...]', 'files, globs, or "-" for standard input, which is the default')
    .option(
      '--producer <name>',
      'name under which lines are numbered (default: one for each file, made of host, path and first line)',
    )
    .option('--token-file <file>', 'what the other side wants to be told (or MILLRACE_TOKEN)')
    .option('--tls-ca <file>', 'authorities to trust instead of the usual ones, PEM')
    .option('--tls-cert <file>', 'certificate of our own, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .addOption(
      new Option('--retry <duration>', 'time without a connection after which to give up')
        .argParser(parseDuration)
        .default(SEND_RETRY_MS, '30s'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (text: string, files: string[], flags: Flags) => {
      await sendAll(text, files, flags);
      exitWith(EXIT.done);
    });
}

async function sendAll(address: string, files: readonly string[], flags: Flags): Promise<void> {
  const { sendFiles } = await import('../client/send-files.ts');
  const inputs = files.length > 0 ? files : ['-'];
  const { tlsCa, tlsCert, tlsKey } = flags;
  const sent = await sendFiles(address, inputs, {
    producer: flags.producer,
    token: readToken(flags.tokenFile),
    tls: {
      ...(tlsCa === undefined ? {} : { ca: readPem('--tls-ca', tlsCa) }),
      ...(tlsCert === undefined ? {} : { cert: readPem('--tls-cert', tlsCert) }),
      ...(tlsKey === undefined ? {} : { key: readPem('--tls-key', tlsKey) }),
    },
    retryMs: flags.retry,
  });
  const earlier = sent.earlier > 0 ? `, ${sent.earlier} of them before` : '';
  process.stderr.write(`${sent.lines} lines are committed${earlier}\n`);
}
