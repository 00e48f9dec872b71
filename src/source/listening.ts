import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { MillraceError, reasonOf } from '../base/errors.ts';

/** What all sources that listen have in common: where, who may come, and how much of them is let in. */

export interface ListenOptions {
  /** Whether senders are answered with what is committed, and may name themselves (docs/SOCKETS.md). */
  readonly ack: boolean;
  /** What a sender must know; undefined where everybody may send. */
  readonly token: string | undefined;
  readonly tls: TlsFiles | undefined;
  /** Whether others than this machine may come without TLS and without authentication. */
  readonly insecure: boolean;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly authTimeoutMs: number;
  readonly lineTimeoutMs: number;
  /** 0 is for ever. */
  readonly idleTimeoutMs: number;
  readonly connectionBytesMax: number;
  readonly bufferBytesMax: number;
  readonly bodyBytesMax: number;
  readonly lineBytesMax: number;
}

/** Contents of PEM files. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Set where only senders with a certificate of one of these authorities may come. */
  readonly ca: Buffer | undefined;
}

export type Scheme = 'tcp' | 'tls' | 'unix' | 'http' | 'https';

/** An address as the user named it. */
export interface Address {
  readonly text: string;
  readonly scheme: Scheme;
  /** The socket's path for `unix`, else empty. */
  readonly path: string;
  readonly host: string;
  readonly port: number;
}

const FORMS = 'tcp://127.0.0.1:9000, tls://127.0.0.1:9000, unix:/run/app.sock or http://127.0.0.1:8080';

/** Reads an address; throws MILLRACE_USAGE, with `forms` as what could be written. */
export function parseAddress(text: string, forms = FORMS): Address {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { text, scheme: 'unix', path: unix, host: '', port: 0 };
  const [, scheme, bracketed, plain, port] =
    /^(tcp|tls|https?):\/\/(?:\[([\da-f:.]+)\]|([\w.-]*)):(\d{1,5})\/?$/i.exec(text) ?? [];
  if (scheme === undefined || Number(port) > 65_535) {
    throw new MillraceError('MILLRACE_USAGE', `"${text}" is not an address`, { hint: `write ${forms}` });
  }
  const host = bracketed ?? (plain === '' || plain === undefined ? '127.0.0.1' : plain);
  return { text, scheme: scheme.toLowerCase() as Scheme, path: '', host, port: Number(port) };
}

/** Bytes that the path of a socket may have: the system's addresses (`sun_path`) have room for one more, the zero at its end. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/**
 * What is wrong with a path that is too long for a socket; undefined where it is not. node:net would cut it off, and listen at
 * another path than it was told.
 */
export function lengthProblem({ path }: Address): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return undefined;
  return `the path is too long: it has ${bytes} bytes, and that of a socket may have ${SOCKET_PATH_BYTES_MAX}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback({ scheme, host }: Pick<Address, 'scheme' | 'host'>): boolean {
  if (scheme === 'unix') return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
}

/** Refuses what would be open to everybody; throws MILLRACE_INSECURE or MILLRACE_USAGE. */
export function checkListening(address: Address, { tls, token, insecure }: ListenOptions): void {
  const isEncrypted = address.scheme === 'tls' || address.scheme === 'https';
  if (isEncrypted && tls === undefined) {
    throw new MillraceError('MILLRACE_USAGE', `"${address.text}" needs a certificate`, {
      hint: 'name one with --tls-cert and --tls-key',
    });
  }
  if (isEncrypted) checkTls(tls!);
  if (isLoopback(address) || insecure) return;
  const lacks = [
    isEncrypted ? '' : 'is not encrypted',
    token === undefined && tls?.ca === undefined ? 'lets everybody in' : '',
  ].filter(lack => lack !== '');
  if (lacks.length === 0) return;
  throw new MillraceError(
    'MILLRACE_INSECURE',
    `"${address.text}" can be reached from other machines, and ${lacks.join(' and ')}`,
    {
      hint: 'listen on 127.0.0.1; or use tls:// or https:// with --token-file or --tls-ca; or say --insecure',
    },
  );
}

function checkTls({ cert, key, ca }: TlsFiles): void {
  try {
    createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  } catch (error) {
    throw new MillraceError('MILLRACE_USAGE', `the certificate cannot be used: ${reasonOf(error)}`, {
      hint: 'check that --tls-cert, --tls-key and --tls-ca are PEM files, and that the key is that of the certificate',
      cause: error,
    });
  }
}

/** Whether `given` is the token, in a time that does not depend on how much of it is right. */
export function isToken(given: unknown, token: string): boolean {
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
