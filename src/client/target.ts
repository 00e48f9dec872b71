import { MillraceError } from '../base/errors.ts';
import { type Address, parseAddress } from '../source/listening.ts';
import { checkSecrecy, type TokenOptions } from './secrecy.ts';

/** Reads the address of a millrace that answers senders; throws MILLRACE_USAGE or MILLRACE_INSECURE. */
export function parseTarget(text: string, options: TokenOptions): Address {
  const address = parseAddress(text);
  if (address.scheme !== 'http' && address.scheme !== 'https') {
    checkSecrecy(address, options);
    return address;
  }
  throw new MillraceError('MILLRACE_USAGE', `"${text}" takes HTTP requests`, {
    hint: `any client can send these: curl --data-binary @events.ndjson ${text}`,
  });
}
