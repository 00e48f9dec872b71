import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { finished } from 'node:stream/promises';
import { KiB } from '../base/limits.ts';
import { isProducer, PRODUCER_RULE } from './hello.ts';
import type { ListenOptions } from './listening.ts';

/** What an HTTP request brings: its lines, checked before any of them is let in. */

/** A request that is answered with this status and not let in. */
export class Refusal extends Error {
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** The path of what is asked for: the target is a path, or a whole address, in which the host is of no matter here. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const target = url.replace(/\?.*$/, '');
  const address = /^https?:\/\/[^/]+/i.exec(target);
  return address === null ? target : target.slice(address[0].length) || '/';
}

/**
 * What a request that waits takes beside its body, counted so that many with next to none are bounded as well: those that follow each
 * other on one connection are bounded by nothing else.
 */
export const REQUEST_BYTES = 16 * KiB;

/** Bytes that are held by all requests together. */
export interface Held {
  bytes: number;
}

const BUSY = (): Refusal => new Refusal(429, 'too much is waiting already', {}, { 'retry-after': '1' });

/**
 * Reads the body, unpacked, of which `goOn` is told first; what it takes is added to `held`, and stays there if this resolves. The
 * request itself is held already, which is not counted against it: one that comes alone is let in where its body fits.
 */
export async function readBody(
  request: IncomingMessage,
  { bodyBytesMax, bufferBytesMax }: ListenOptions,
  held: Held,
  goOn: () => void,
): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (!['identity', 'gzip'].includes(encoding)) {
    throw new Refusal(415, `the encoding "${encoding}" is not known; send gzip, or as it is`);
  }
  const tooLarge = (): Refusal => new Refusal(413, `the body has more than ${bodyBytesMax} bytes`);
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bodyBytesMax) throw tooLarge();
  const heldBytesMax = bufferBytesMax + REQUEST_BYTES;
  if (held.bytes + announced > heldBytesMax) throw BUSY();
  goOn();
  const unpacking = encoding === 'gzip' ? new Unpacking(request) : undefined;
  const stream = unpacking?.plain ?? request;
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    // The request must outlive a refusal: with it, the answer would be gone.
    for await (const piece of stream.iterator({ destroyOnReturn: stream !== request })) {
      const { length } = piece as Buffer;
      bytes += length;
      held.bytes += length;
      if (bytes > bodyBytesMax) throw tooLarge();
      if (held.bytes > heldBytesMax) throw BUSY();
      pieces.push(piece as Buffer);
    }
    await unpacking?.checkEnd();
    return Buffer.concat(pieces);
  } catch (error) {
    held.bytes -= bytes;
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, `the body cannot be read: ${(error as Error).message}`);
  }
}

/** The bytes that a request has packed; they break off where it does. */
class Unpacking {
  readonly plain = createGunzip();
  readonly #request: IncomingMessage;
  readonly #received: Promise<void>;
  #packedBytes = 0;

  constructor(request: IncomingMessage) {
    this.#request = request;
    request.on('data', (piece: Buffer) => {
      this.#packedBytes += piece.length;
    });
    this.#received = finished(request, { writable: false });
    this.#received.catch((error: Error) => this.plain.destroy(error));
    request.pipe(this.plain);
  }

  /** Rejects where there is more than was unpacked: a zero makes gunzip stop, whatever comes behind it. */
  async checkEnd(): Promise<void> {
    // What has come to its end takes no more.
    this.#request.unpipe(this.plain).resume();
    await this.#received;
    const { bytesWritten } = this.plain;
    if (this.#packedBytes > bytesWritten) {
      throw new Error(`what stands behind its byte ${bytesWritten} is not packed`);
    }
  }
}

/**
 * Throws a Refusal where a page in a browser sends: any page can have the browser send to what only its machine can reach. Others than
 * browsers say nothing of where they were led from.
 */
export function refusePages({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'] ?? 'none';
  if (headers.origin === undefined && site === 'none') return;
  throw new Refusal(
    403,
    'it comes from a page in a browser, and any page could send it: listen with --token-file',
  );
}

/** For whom the request sends, and the number of its first line; throws a Refusal. */
export function producerOf({ headers }: IncomingMessage): {
  producer: string | undefined;
  next: number | undefined;
  /** Whether it will not come again after this. */
  isDone: boolean;
} {
  const producer = headers['millrace-producer'] as string | undefined;
  const next = headers['millrace-next'] as string | undefined;
  if (producer !== undefined && !isProducer(producer)) throw new Refusal(400, PRODUCER_RULE);
  if (next !== undefined && (producer === undefined || !/^[1-9]\d{0,14}$/.test(next))) {
    throw new Refusal(
      400,
      'Millrace-Next must be a whole number from 1 on, and goes only with Millrace-Producer',
    );
  }
  const done = headers['millrace-done'] as string | undefined;
  if (done !== undefined && (producer === undefined || done !== 'true')) {
    throw new Refusal(400, 'Millrace-Done must be true, and goes only with Millrace-Producer');
  }
  return { producer, next: next === undefined ? undefined : Number(next), isDone: done === 'true' };
}

const NEWLINE = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Checks that every line is JSON or blank; throws a Refusal that names the first that is not. Returns how many lines there are. */
export function checkLines(body: Buffer, lineBytesMax: number): number {
  let line = 0;
  for (let at = 0; at < body.length; ) {
    const newline = body.indexOf(NEWLINE, at);
    const end = newline < 0 ? body.length : newline;
    line++;
    if (end - at > lineBytesMax) {
      throw new Refusal(400, `line ${line} has more than ${lineBytesMax} bytes`, { line });
    }
    checkLine(body.subarray(at, end), line);
    at = end + 1;
  }
  return line;
}

function checkLine(bytes: Buffer, line: number): void {
  try {
    const text = decoder.decode(bytes);
    if (!/^[ \t\r]*$/.test(text)) JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not valid UTF-8';
    throw new Refusal(400, `line ${line} is not JSON: ${reason}`, { line });
  }
}
