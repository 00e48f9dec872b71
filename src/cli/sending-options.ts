import { type Command, Option } from 'commander';
import { SEND_RETRY_MS } from '../base/limits.ts';
import type { LinkOptions } from '../client/link.ts';
import type { TokenOptions } from '../client/secrecy.ts';
import type { SendOptions } from '../client/send.ts';
import { type Condition, isEncrypted, type Needs } from './option-uses.ts';
import { parseDuration } from './parse-values.ts';
import { readPem, readToken } from './secrets.ts';

/** How the commands that send connect: what they show the other side, whom they trust, when they give up. */

export interface SendingFlags {
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: boolean;
  readonly retry: number;
}

export function addSendingOptions(command: Command): Command {
  return command
    .option('--token-file <file>', 'what the other side wants to be told (or MILLRACE_TOKEN)')
    .option('--tls-ca <file>', 'authorities to trust instead of the usual ones, PEM')
    .option('--tls-cert <file>', 'certificate of our own, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--insecure', 'tell another machine the token without encryption')
    .addOption(
      new Option('--retry <duration>', 'time without a connection after which to give up')
        .argParser(parseDuration)
        .default(SEND_RETRY_MS, '30s'),
    );
}

/** Where it is sent to; "-" is nowhere. */
interface Target {
  readonly to: string;
}

const ENCRYPTED: Condition<Target> = { words: 'a tls:// address', holds: ({ to }) => isEncrypted(to) };
const SENT: Condition<Target> = { words: 'an address in --to', holds: ({ to }) => to !== '-' };

/** Of what is always sent. */
export const SENDING_NEEDS: Needs<Target> = {
  tlsCa: [ENCRYPTED],
  tlsCert: [ENCRYPTED],
  tlsKey: [ENCRYPTED],
};

/** Of what is sent only where `--to` says so. */
export const MAYBE_SENDING_NEEDS: Needs<Target> = {
  producer: [SENT],
  tokenFile: [SENT],
  insecure: [SENT],
  retry: [SENT],
  tlsCa: [SENT, ENCRYPTED],
  tlsCert: [SENT, ENCRYPTED],
  tlsKey: [SENT, ENCRYPTED],
};

export function sendingOptions(
  flags: SendingFlags,
): Pick<LinkOptions, 'tls'> & TokenOptions & Pick<SendOptions, 'retryMs'> {
  const { tokenFile, tlsCa, tlsCert, tlsKey, insecure, retry } = flags;
  return {
    token: readToken(tokenFile),
    insecure: insecure ?? false,
    tls: {
      ...(tlsCa === undefined ? {} : { ca: readPem('--tls-ca', tlsCa) }),
      ...(tlsCert === undefined ? {} : { cert: readPem('--tls-cert', tlsCert) }),
      ...(tlsKey === undefined ? {} : { key: readPem('--tls-key', tlsKey) }),
    },
    retryMs: retry,
  };
}
