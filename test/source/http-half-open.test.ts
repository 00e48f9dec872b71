import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ListenOptions } from '../../src/source/listening.ts';
import { dial, heard, pem } from '../sockets/listener.ts';
import { answerOf, withServer } from './http-runs.ts';

/** A sender may end its side of the connection before it is answered, as `nc -N` does. */

const TLS = { cert: readFileSync(pem('server.pem')), key: readFileSync(pem('server.key')) };

/** What is only closed when this is over keeps a test from ending. */
const NEVER_MS = 2 ** 31 - 1;

const CASES: readonly [string, Partial<ListenOptions>][] = [
  ['http', { authTimeoutMs: NEVER_MS }],
  ['https', { authTimeoutMs: NEVER_MS, tls: TLS as NonNullable<ListenOptions['tls']> }],
];

function requestOf(body: string, length = body.length): string {
  return `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n${body}`;
}

/** Dials the server of `url`, over TLS where that is wanted. */
function dialUrl(url: string): Socket {
  return dial(url.replace(/^https/, 'tls').replace(/^http:/, 'tcp:'));
}

function statusesOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status!);
}

describe.for(CASES)('a sender over %s that ends its side', ([, options]) => {
  test(
    'behind its requests is answered when they are committed, and then the connection is closed',
    withServer(
      async ({ url, release, lines }) => {
        const socket = dialUrl(url);
        const all = heard(socket);
        socket.end(requestOf('1\n') + requestOf('2\n'));
        await once(socket, 'finish');
        // The server has come to the end of that one when it has come to the end of one that came later.
        await heard(dialUrl(url).end());
        release();
        expect(statusesOf(await all)).toEqual(['200', '200']);
        expect(lines()).toBe('1\n2\n');
      },
      options,
      true,
    ),
  );

  test.for([
    ['without a request', '', []],
    ['within the headers', 'POST / HTTP/1.1\r\nhost:', ['400']],
    ['within the body', requestOf('1\n2\n', 40), ['400']],
    ['behind a request that is refused', requestOf('x'), ['400']],
    ['behind a question', 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n', ['200']],
  ] as const)('%s is let go', ([, text, statuses]) =>
    withServer(async ({ url, lines }) => {
      const socket = dialUrl(url);
      socket.end(text);
      expect(statusesOf(await heard(socket))).toEqual(statuses);
      expect(lines()).toBe('');
    }, options)(),
  );
});

test(
  'a sender that ends its side within the handshake is let go',
  withServer(
    async ({ url }) => {
      const socket = dial(url.replace(/^https/, 'tcp'));
      socket.end();
      expect(await heard(socket)).toBe('');
    },
    { authTimeoutMs: NEVER_MS, tls: TLS as NonNullable<ListenOptions['tls']> },
  ),
);

test(
  'senders that end their side, whenever they do, keep no room from others',
  withServer(
    async ({ url, post, lines }) => {
      for (const text of ['', 'POST', requestOf('1\n', 40_000), requestOf('1\n')]) {
        for (let times = 0; times < 5; times++) {
          const socket = dialUrl(url);
          socket.end(text);
          socket.resume().on('error', () => undefined);
          await once(socket, 'close');
        }
      }
      const body = '1\n'.repeat(20_000);
      await expect.poll(() => answerOf(post(body)).catch(String)).toMatchObject([200, { lines: 20_000 }]);
      expect(lines()).toBe('1\n'.repeat(5) + body);
    },
    { authTimeoutMs: NEVER_MS, connectionsPerAddressMax: 1, bufferBytesMax: 50_000 },
  ),
);
