import { MillraceError } from '../base/errors.ts';
import { type Address, lengthProblem, parseAddress } from '../source/listening.ts';
import { checkSecrecy, type TokenOptions } from './secrecy.ts';

/** Those that take lines and say what is committed. */
const FORMS = 'tcp://127.0.0.1:9000, tls://127.0.0.1:9000 or unix:/run/app.sock';

/** Reads the address of a millrace that answers senders; throws MILLRACE_USAGE, MILLRACE_INSECURE or MILLRACE_SEND. */
export function parseTarget(text: string, options: TokenOptions): Address {
  const { scheme } = parseAddress(text, FORMS);
  if (scheme !== 'http' && scheme !== 'https') return parseSocket(text, options);
  throw new MillraceError('MILLRACE_USAGE', `"${text}" takes HTTP requests`, {
    hint: `any client can send these: curl --data-binary @events.ndjson ${text}`,
  });
}

/** Reads the address of a socket, of which it is known that it is none for HTTP; throws as `parseTarget`. */
export function parseSocket(text: string, options: TokenOptions): Address {
  const address = parseAddress(text);
  checkSecrecy(address, options);
  const problem = lengthProblem(address);
  if (problem === undefined) return address;
  throw new MillraceError('MILLRACE_SEND', `cannot send to "${text}": ${problem}`, {
    hint: 'check the path',
  });
}
