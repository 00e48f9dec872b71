import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { heard } from '../sockets/listener.ts';
import { withServer } from './http-runs.ts';

/** The target of a request may be a path, or a whole address, as a proxy is told it (RFC 9112, section 3.2.2). */

test.for([
  ['/events', 200],
  ['/?x=1', 200],
  ['http://x', 200],
  ['http://x?x=1', 200],
  ['http://x/', 200],
  ['HTTP://x:8080/events', 200],
  ['http://x/events?x=/other', 200],
  ['https://[::1]:8080/events', 200],
  ['http://x/other', 404],
  ['http://x//events', 404],
  ['http://events', 200],
  ['ftp://x/events', 404],
  ['//x/events', 404],
  ['/http://x/events', 404],
] as const)('a POST to %s is answered with %s', ([target, status]) =>
  withServer(async ({ url, lines }) => {
    expect(await statusOf(url, `POST ${target}`, '')).toBe(status);
    expect(lines()).toBe(status === 200 ? '{"a":1}\n' : '');
  })(),
);

test(
  'whether it is well is told at a whole address',
  withServer(async ({ url }) => {
    expect(await statusOf(url, 'GET http://x/health', '')).toBe(200);
    expect(await statusOf(url, 'GET http://x/events', '')).toBe(405);
  }),
);

test.for(['origin: null', 'origin: http://x', 'sec-fetch-site: same-origin'])(
  'a page is refused at a whole address as well: %s',
  header =>
    withServer(async ({ url, lines }) => {
      expect(await statusOf(url, 'POST http://x/events', `${header}\r\n`)).toBe(403);
      expect(lines()).toBe('');
    })(),
);

test(
  'the token is asked for at a whole address as well',
  withServer(
    async ({ url, lines }) => {
      expect(await statusOf(url, 'POST http://x/events', '')).toBe(401);
      expect(lines()).toBe('');
    },
    { token: 'right' },
  ),
);

async function statusOf(url: string, request: string, headers: string): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const body = request.startsWith('POST') ? '{"a":1}\n' : '';
  socket.end(`${request} HTTP/1.1\r\nhost: x\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`);
  return Number(/^HTTP\/1\.1 (\d+) /.exec(await heard(socket))?.[1]);
}
