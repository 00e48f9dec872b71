import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { answerOf, withServer } from './http-runs.ts';

/** A page in a browser of this machine reaches what listens on it, whoever has made the page. */

test.for<[string, Record<string, string>]>([
  ['another site', { origin: 'https://example.org', 'sec-fetch-site': 'cross-site' }],
  ['a file, or a frame without rights', { origin: 'null' }],
  ['a name that leads here', { origin: 'http://example.org:8080', 'sec-fetch-site': 'same-origin' }],
  ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
])('a page of %s is refused, and nothing of it is let in', ([, headers]) =>
  withServer(async ({ post, lines }) => {
    const [status, body] = await answerOf(post('{"n":1}\n', { 'content-type': 'text/plain', ...headers }));
    expect([status, body]).toEqual([403, { error: expect.stringContaining('--token-file') }]);
    expect((await post('{"n":2}\n')).status).toBe(200);
    expect(lines()).toBe('{"n":2}\n');
  })(),
);

test(
  'a page is refused before its body is read',
  withServer(async ({ url }) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nhost: x\r\norigin: null\r\nexpect: 100-continue\r\ncontent-length: 40000\r\n\r\n',
    );
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(String(bytes)).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  }),
);

test(
  'what a user has asked for by hand is let in',
  withServer(async ({ post, lines }) => {
    expect((await post('1\n', { 'sec-fetch-site': 'none' })).status).toBe(200);
    expect(lines()).toBe('1\n');
  }),
);

test(
  'a page that shows the token is let in',
  withServer(
    async ({ post, lines }) => {
      const headers = { origin: 'https://example.org', 'sec-fetch-site': 'cross-site' };
      expect((await post('1\n', headers)).status).toBe(401);
      expect((await post('2\n', { ...headers, authorization: 'Bearer right' })).status).toBe(200);
      expect(lines()).toBe('2\n');
    },
    { token: 'right' },
  ),
);
