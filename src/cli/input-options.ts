import { Command, Option } from 'commander';
import { MillraceError } from '../base/errors.ts';
import {
  AUTH_TIMEOUT_MS,
  BODY_BYTES_MAX,
  BUFFER_BYTES,
  CONNECTION_BUFFER_BYTES,
  CONNECTIONS_MAX,
  CONNECTIONS_PER_ADDRESS_MAX,
  IDLE_TIMEOUT_MS,
  KiB,
  LINE_TIMEOUT_MS,
  UNPACK_RATIO_MAX,
  UNPACKED_BYTES_MAX,
} from '../base/limits.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { countBetween, parseDuration, sizeBetween } from './parse-values.ts';
import { readPem, readToken } from './secrets.ts';

/** What can be said about inputs: how files are read, and who may send to a socket. */

export interface InputFlags {
  readonly store: string;
  readonly spool?: boolean;
  readonly follow?: boolean;
  readonly maxUnpacked: number;
  readonly maxUnpackRatio: number;
  readonly ack?: boolean;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly insecure?: boolean;
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  readonly authTimeout: number;
  readonly lineTimeout: number;
  readonly idleTimeout: number;
  readonly connectionBuffer: number;
  readonly buffer: number;
  readonly maxBody: number;
}

const SIZE_MAX = Number.MAX_SAFE_INTEGER;

/** An option whose value is a number, and is shown as `shown` where it is left out. */
function flag(
  flags: string,
  text: string,
  parser: (text: string) => number,
  value: number,
  shown: string,
): Option {
  return new Option(flags, text).argParser(parser).default(value, shown);
}

export function addInputOptions(command: Command): Command {
  return command
    .optionsGroup('Files, topics and standard input:')
    .option('-f, --follow', 'go on as files and topics grow, files are rotated, and new ones match a glob')
    .option(
      '--spool',
      'commit standard input to a topic of its own first, so that a crash loses nothing of it',
    )
    .addOption(
      flag(
        '--max-unpacked <size>',
        'most that may come out of a compressed file',
        sizeBetween(1, SIZE_MAX),
        UNPACKED_BYTES_MAX,
        '1TiB',
      ),
    )
    .addOption(
      flag(
        '--max-unpack-ratio <n>',
        'bytes that may come out for each byte in it',
        countBetween(1, 1e9),
        UNPACK_RATIO_MAX,
        String(UNPACK_RATIO_MAX),
      ),
    )
    .optionsGroup('Listening (tcp://, tls://, unix:, http://, https://):')
    .option('--ack', 'answer senders with what is committed; they may name themselves, and go on')
    .option('--token-file <file>', 'what senders must know (or MILLRACE_TOKEN)')
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--tls-ca <file>', 'let in only senders with a certificate of these authorities, PEM')
    .option('--insecure', 'listen to other machines without encryption or authentication')
    .addOption(
      flag('--max-connections <n>', 'connections at a time', countBetween(1, 1e6), CONNECTIONS_MAX, '256'),
    )
    .addOption(
      flag(
        '--max-per-address <n>',
        'connections from one address',
        countBetween(1, 1e6),
        CONNECTIONS_PER_ADDRESS_MAX,
        '16',
      ),
    )
    .addOption(
      flag('--auth-timeout <duration>', 'for handshake and token', parseDuration, AUTH_TIMEOUT_MS, '5s'),
    )
    .addOption(flag('--line-timeout <duration>', 'for a line to end', parseDuration, LINE_TIMEOUT_MS, '30s'))
    .addOption(
      flag('--idle-timeout <duration>', 'for silence, 0 for ever', parseDuration, IDLE_TIMEOUT_MS, '1h'),
    )
    .addOption(
      flag(
        '--connection-buffer <size>',
        'what waits for one connection',
        sizeBetween(1, SIZE_MAX),
        CONNECTION_BUFFER_BYTES,
        '256KiB',
      ),
    )
    .addOption(
      flag(
        '--buffer <size>',
        'what waits for all of them',
        sizeBetween(64 * KiB, SIZE_MAX),
        BUFFER_BYTES,
        '64MiB',
      ),
    )
    .addOption(
      flag('--max-body <size>', 'largest HTTP request', sizeBetween(1, SIZE_MAX), BODY_BYTES_MAX, '16MiB'),
    )
    .optionsGroup('Options:');
}

/** How inputs are read where nothing is said about it. */
export function defaultReading(store: string, lineBytesMax: number): RunOptions['reading'] {
  const flags = addInputOptions(new Command()).opts<Omit<InputFlags, 'store'>>();
  return readingOptions({ ...flags, store }, lineBytesMax);
}

/** Reads the files that the flags name; throws MILLRACE_USAGE. */
export function readingOptions(flags: InputFlags, lineBytesMax: number): RunOptions['reading'] {
  return {
    store: flags.store,
    spool: flags.spool ?? false,
    follow: flags.follow ?? false,
    unpack: { bytesMax: flags.maxUnpacked, ratioMax: flags.maxUnpackRatio },
    listen: {
      ack: flags.ack ?? false,
      token: readToken(flags.tokenFile),
      tls: tlsOf(flags),
      insecure: flags.insecure ?? false,
      connectionsMax: flags.maxConnections,
      connectionsPerAddressMax: flags.maxPerAddress,
      authTimeoutMs: flags.authTimeout,
      lineTimeoutMs: flags.lineTimeout,
      idleTimeoutMs: flags.idleTimeout,
      connectionBytesMax: flags.connectionBuffer,
      bufferBytesMax: flags.buffer,
      bodyBytesMax: flags.maxBody,
      lineBytesMax,
    },
  };
}

function tlsOf({ tlsCert, tlsKey, tlsCa }: InputFlags): RunOptions['reading']['listen']['tls'] {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new MillraceError('MILLRACE_USAGE', '--tls-cert and --tls-key go together', {
      hint: 'name the certificate and its private key, both PEM',
    });
  }
  return {
    cert: readPem('--tls-cert', tlsCert),
    key: readPem('--tls-key', tlsKey),
    ca: tlsCa === undefined ? undefined : readPem('--tls-ca', tlsCa),
  };
}
