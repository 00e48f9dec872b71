import { MillraceError } from '../base/errors.ts';
import { type Address, parseAddress } from '../source/listening.ts';

/** Reads the address of a millrace that answers senders; throws MILLRACE_USAGE. */
export function parseTarget(text: string): Address {
  const address = parseAddress(text);
  if (address.scheme !== 'http' && address.scheme !== 'https') return address;
  throw new MillraceError('MILLRACE_USAGE', `"${text}" takes HTTP requests`, {
    hint: `any client can send these: curl --data-binary @events.ndjson ${text}`,
  });
}
