import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { withServer } from './http-runs.ts';

/** What waits of HTTP requests is bounded by `--buffer`, however little each of them brings. */

const KiB = 1024;

describe('requests that are not committed yet', () => {
  test(
    'are let in only as far as there is room for them, also on one connection and with next to no body',
    withServer(
      async ({ url, post, release, lines }) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        await once(socket, 'connect');
        const request = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n';
        socket.write(`${request}\r\n1\n`.repeat(99) + `${request}connection: close\r\n\r\n1\n`);
        // What is asked later on another connection is answered when all of these have been looked at.
        await post('x');
        release();
        let text = '';
        socket.setEncoding('utf8').on('data', piece => (text += String(piece)));
        await once(socket, 'close');
        const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
        expect(statuses.slice(0, -1)).toEqual(Array.from({ length: 8 }, () => '200'));
        expect(statuses.at(-1)).toBe('429');
        expect(lines()).toBe('1\n'.repeat(8));
      },
      { bufferBytesMax: 128 * KiB },
      true,
    ),
  );

  test(
    'leave room for others when they are answered, whatever the answer is',
    withServer(
      async ({ post, lines }) => {
        for (let times = 0; times < 10; times++) {
          const bad = { 'content-encoding': 'br' };
          expect((await post('1\n', bad)).status).toBe(415);
          expect((await post('x')).status).toBe(400);
          expect((await post('1\n'.repeat(30_000))).status).toBe(413);
          expect((await post('1\n')).status).toBe(200);
        }
        expect(lines()).toBe('1\n'.repeat(10));
      },
      { bufferBytesMax: 64 * KiB, bodyBytesMax: 50_000 },
    ),
  );
});

test(
  'a request that comes alone is let in where its body fits, with the smallest buffer',
  withServer(
    async ({ post, lines }) => {
      const body = '1\n'.repeat(32 * KiB);
      expect((await post(body)).status).toBe(200);
      expect(lines()).toBe(body);
    },
    { bufferBytesMax: 64 * KiB, bodyBytesMax: 64 * KiB },
  ),
);
