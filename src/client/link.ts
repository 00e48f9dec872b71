import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Address } from '../source/listening.ts';

/** One connection to a millrace that listens with `--ack`: says who sends, and gives the answers. */

export interface LinkOptions {
  readonly address: Address;
  /** The name under which the lines are numbered. */
  readonly producer: string;
  readonly token: string | undefined;
  /** PEM: authorities to trust, and a certificate of our own. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** An answer of the other side. */
export type Answer = { readonly committed: number } | { readonly error: string; readonly retry: boolean };

/** Time for the first answer. */
const ANSWER_MS = 10_000;

/** Longest answer. */
const ANSWER_LENGTH_MAX = 64 * 1024;

/** Silence after which the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 30_000;

/** Connects; `hear` is told each answer. Gives the socket, and a promise of why the connection has ended. */
export function link(
  options: LinkOptions,
  hear: (answer: Answer, socket: Socket) => void,
): { readonly socket: Socket; readonly ended: Promise<string> } {
  const { producer, token } = options;
  const socket = openSocket(options);
  const ended = new Promise<string>(resolve => {
    let problem = 'the connection was closed';
    let text = '';
    const timer = setTimeout(() => {
      problem = 'no answer came';
      socket.destroy();
    }, ANSWER_MS);
    socket.setEncoding('utf8');
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    socket.write(`${JSON.stringify({ ...(token === undefined ? {} : { token }), producer })}\n`);
    socket.on('data', piece => {
      text += String(piece);
      const end = text.lastIndexOf('\n') + 1;
      for (const line of text.slice(0, end).split('\n').filter(Boolean)) {
        clearTimeout(timer);
        hear(parseAnswer(line), socket);
      }
      text = text.slice(end);
      if (text.length > ANSWER_LENGTH_MAX) hear(parseAnswer(text), socket);
    });
    socket.on('error', error => {
      problem = error.message;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(problem);
    });
  });
  return { socket, ended };
}

function parseAnswer(line: string): Answer {
  const { committed, error, retry } = (parse(line) ?? {}) as Record<string, unknown>;
  if (typeof error === 'string') return { error, retry: retry === true };
  if (Number.isSafeInteger(committed) && (committed as number) >= 0) {
    return { committed: committed as number };
  }
  return { error: 'it has given an answer that is none: is it a millrace with --ack?', retry: false };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A socket that connects, whatever is to be said on it. */
export function openSocket({ address, tls }: Pick<LinkOptions, 'address' | 'tls'>): Socket {
  const { scheme, path, host, port } = address;
  if (scheme === 'unix') return connect(path);
  return scheme === 'tls' ? connectTls({ host, port, ...tls }) : connect(port, host);
}
