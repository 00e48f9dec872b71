import { MillraceError } from '../base/errors.ts';
import { type Address, isLoopback } from '../source/listening.ts';

/** Who may hear the token that is told the other side. */

export interface TokenOptions {
  readonly token: string | undefined;
  /** Whether it may be told in clear text to another machine. */
  readonly insecure: boolean;
}

/** Throws MILLRACE_INSECURE where a token would be told so that others on the way can read it. */
export function checkSecrecy(
  address: Pick<Address, 'text' | 'scheme' | 'host'>,
  { token, insecure }: TokenOptions,
): void {
  const isClear = address.scheme === 'tcp' || address.scheme === 'http';
  if (token === undefined || insecure || !isClear || isLoopback(address)) return;
  throw new MillraceError(
    'MILLRACE_INSECURE',
    `the token could be read by others on the way to "${address.text}"`,
    {
      hint: 'use tls:// or https://, or say --insecure; or leave out the token (--token-file, or MILLRACE_TOKEN)',
    },
  );
}
