import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { answerOf, type Content, endless, withServer } from './http-runs.ts';

/** What an HTTP client is told, and what becomes of what it sends. */

describe('a request is answered', () => {
  test(
    '200 when its lines are committed, with where they are',
    withServer(async ({ post, lines }) => {
      const source = 'http://127.0.0.1:0';
      expect(await answerOf(post('{"n":1}\n\n{"n":2}'))).toEqual([
        200,
        { lines: 3, source, line: 1, offset: 0 },
      ]);
      expect(await answerOf(post('{"n":3}\n', {}, 'events?x=1'))).toEqual([
        200,
        { lines: 1, source, line: 4, offset: 17 },
      ]);
      expect(await answerOf(post(''))).toEqual([200, { lines: 0 }]);
      expect(lines()).toBe('{"n":1}\n\n{"n":2}\n{"n":3}\n');
    }),
  );

  test(
    'not before its lines are committed',
    withServer(
      async ({ post, release, lines }) => {
        const answer = post('{"n":1}\n').then(() => lines());
        const refused = await Promise.race([answer, post('x').then(({ status }) => status)]);
        expect(refused).toBe(400);
        release();
        expect(await answer).toBe('{"n":1}\n');
      },
      {},
      true,
    ),
  );

  test(
    '200 for a packed body of several members',
    withServer(async ({ post, lines }) => {
      const body = Buffer.concat([gzipSync('{"n":1}\n{"n"'), gzipSync(':2}\n')]);
      expect((await post(body, { 'content-encoding': 'GZIP' })).status).toBe(200);
      expect(lines()).toBe('{"n":1}\n{"n":2}\n');
    }),
  );

  test(
    '400 for a packed body with something behind it, in whatever pieces it comes',
    withServer(async ({ post, lines }) => {
      const [member, zeros] = [gzipSync('{"n":1}\n'), Buffer.alloc(10)];
      const headers = { 'content-encoding': 'gzip' };
      for (const parts of [
        [member, zeros],
        [member, zeros, member],
        [Buffer.concat([member, zeros]), member],
        [member, Buffer.from('garbage')],
      ]) {
        const body = (async function* () {
          for (const part of parts) {
            yield part;
            await new Promise(setImmediate);
          }
        })();
        expect((await post(body, headers)).status).toBe(400);
      }
      expect(lines()).toBe('');
      expect((await post(member, headers)).status).toBe(200);
    }),
  );

  test.for<[string, number, unknown, Content, Record<string, string>]>([
    ['a line that is no JSON', 400, { line: 2 }, '{"n":1}\n{"n"\n{"n":3}\n', {}],
    ['a line that is not UTF-8', 400, { line: 1 }, Buffer.from([0x22, 0xff, 0x22]), {}],
    ['a line that is too long', 400, { line: 2 }, `1\n"${'x'.repeat(1000)}"\n`, {}],
    ['a body that is not what it says', 400, {}, 'no gzip', { 'content-encoding': 'gzip' }],
    [
      'a packed body that breaks off',
      400,
      {},
      gzipSync('{"n":1}\n'.repeat(99)).subarray(0, 30),
      { 'content-encoding': 'gzip' },
    ],
    [
      'a packed body with something behind it that is never unpacked',
      400,
      {},
      Buffer.concat([gzipSync('{"n":1}\n'), Buffer.alloc(10), gzipSync('{"n":2}\n')]),
      { 'content-encoding': 'gzip' },
    ],
    ['a packing that is not known', 415, {}, '1', { 'content-encoding': 'br' }],
    ['a body that is too large', 413, {}, '1\n'.repeat(25_001), {}],
    [
      'a packed body that is too large',
      413,
      {},
      gzipSync(Buffer.alloc(5e7, '1\n')),
      { 'content-encoding': 'gzip' },
    ],
    ['a producer without a name', 400, {}, '1', { 'millrace-producer': 'a b' }],
    ['a number that is none', 400, {}, '1', { 'millrace-producer': 'a', 'millrace-next': '0' }],
    ['a number without a producer', 400, {}, '1', { 'millrace-next': '1' }],
    ['done without a producer', 400, {}, '', { 'millrace-done': 'true' }],
    ['done in other words', 400, {}, '', { 'millrace-producer': 'a', 'millrace-done': 'yes' }],
    ['done with lines', 400, {}, '1', { 'millrace-producer': 'a', 'millrace-done': 'true' }],
    [
      'a line that comes too early',
      409,
      { expected: 1 },
      '1',
      { 'millrace-producer': 'a', 'millrace-next': '2' },
    ],
  ])('%s: %s, and nothing of it is let in', ([, status, details, content, headers]) =>
    withServer(async ({ post, lines, url }) => {
      const [found, body] = await answerOf(post(content, headers));
      expect(found).toBe(status);
      expect(body).toMatchObject({ error: expect.any(String), ...(details as object) });
      expect((await fetch(url, { method: 'POST', body: '7' })).status).toBe(200);
      expect(lines()).toBe('7\n');
    })(),
  );

  test(
    '413 also where the length was not announced',
    withServer(async ({ url }) => {
      const init = { method: 'POST', body: endless(), duplex: 'half' } as unknown as RequestInit;
      const status = await fetch(url, init).then(
        ({ status: found }) => found,
        () => 'cut off',
      );
      expect([413, 'cut off']).toContain(status);
    }),
  );

  test(
    '404, 405, and whether it is well',
    withServer(async ({ url, post }) => {
      expect((await post('1', {}, 'other')).status).toBe(404);
      const wrong = await fetch(url);
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
      expect(await answerOf(fetch(`${url}health`))).toEqual([200, { status: 'ok' }]);
    }),
  );

  test(
    '401 without the token, before the body is read',
    withServer(
      async ({ url, post, lines }) => {
        expect((await post('1')).status).toBe(401);
        expect((await post('1', { authorization: 'Bearer wrong' })).status).toBe(401);
        expect((await post('1', { authorization: 'Basic right' })).status).toBe(401);
        expect((await post('1', { authorization: 'bearer right' })).status).toBe(200);
        expect(lines()).toBe('1\n');
        expect((await fetch(`${url}health`)).status).toBe(200);
        // Who asks first is told without having sent anything.
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.write('POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 40000\r\n\r\n');
        const [bytes] = (await once(socket, 'data')) as [Buffer];
        expect(String(bytes)).toMatch(/^HTTP\/1\.1 401 /);
        socket.destroy();
      },
      { token: 'right' },
    ),
  );

  test(
    '429 where too much waits already, and that can be tried again',
    withServer(
      async ({ post, release, lines }) => {
        const body = '1\n'.repeat(20_000);
        const all = [post(body), post(body), post(body)];
        const first = await Promise.race(all);
        expect([first.status, first.headers.get('retry-after')]).toEqual([429, '1']);
        release();
        const statuses = (await Promise.all(all)).map(({ status }) => status).sort((a, b) => a - b);
        expect(statuses).toEqual([200, 200, 429]);
        expect((await post(body)).status).toBe(200);
        expect(lines()).toHaveLength(3 * body.length);
      },
      {},
      true,
    ),
  );

  test(
    '503 where the run is about to end, and what was let in before is committed',
    withServer(
      async ({ url, post, quit, release, lines }) => {
        const letIn = post('1');
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.write('POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
        await once(socket, 'data');
        await post('x');
        quit();
        socket.write('2\n');
        const [bytes] = (await once(socket, 'data')) as [Buffer];
        expect(String(bytes)).toMatch(/^HTTP\/1\.1 503 /);
        socket.destroy();
        release();
        expect((await letIn).status).toBe(200);
        expect(lines()).toBe('1\n');
      },
      {},
      true,
    ),
  );
});

describe('a producer', () => {
  test(
    'that sends a request again has its lines once, also where both come at the same time',
    withServer(
      async ({ post, release, lines, positions }) => {
        const headers = { 'millrace-producer': 'p', 'millrace-next': '1' };
        const both = [post('1\n2\n', headers), post('1\n2\n3\n', headers)];
        release();
        const answers = await Promise.all(both.map(answerOf));
        for (const [status] of answers) expect(status).toBe(200);
        expect(lines()).toBe('1\n2\n3\n');
        expect(await answerOf(post('3\n4\n', { ...headers, 'millrace-next': '3' }))).toMatchObject([
          200,
          { producer: 'p', lines: 2, committed: 4, repeated: 1, line: 4 },
        ]);
        expect(await answerOf(post('5\n', { 'millrace-producer': 'p' }))).toMatchObject([
          200,
          { committed: 5 },
        ]);
        expect(positions()['http://127.0.0.1:0 producer p']).toBe(5);
      },
      {},
      true,
    ),
  );
});

test(
  'a producer that says that it is done begins with line 1 when it comes again',
  withServer(async ({ post, positions }) => {
    const named = { 'millrace-producer': 'p' };
    const done = { ...named, 'millrace-done': 'true' };
    expect(await answerOf(post('', done))).toMatchObject([200, { committed: 0 }]);
    expect((await post('1\n2\n', named)).status).toBe(200);
    expect(await answerOf(post('', done))).toMatchObject([200, { lines: 0, committed: 2 }]);
    // Where its answer was lost, it is said again.
    expect((await post('', done)).status).toBe(200);
    expect((await post('3\n')).status).toBe(200);
    expect(positions()).not.toHaveProperty(['http://127.0.0.1:0 producer p'], 2);
    expect(await answerOf(post('4\n', named))).toMatchObject([200, { committed: 1 }]);
  }),
);

test(
  'a request whose body breaks off leaves nothing behind',
  withServer(async ({ url, post, lines }) => {
    for (let times = 0; times < 5; times++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 40000\r\n\r\n${'1\n'.repeat(19_000)}`);
      await once(socket, 'ready');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    // All the room is there again.
    const body = '1\n'.repeat(20_000);
    await expect
      .poll(async () => (await Promise.all([post(body), post(body)])).map(({ status }) => status))
      .toEqual([200, 200]);
    expect(lines().length % body.length).toBe(0);
  }),
);

test(
  'requests that follow each other on one connection are answered in their order',
  withServer(async ({ url, lines }) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    for (const n of [1, 2, 3]) {
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n${n}`);
    }
    let text = '';
    while ((text.match(/"lines":1/g) ?? []).length < 3)
      text += String(((await once(socket, 'data')) as [Buffer])[0]);
    expect([...text.matchAll(/"line":(\d)/g)].map(([, line]) => line)).toEqual(['1', '2', '3']);
    expect(lines()).toBe('1\n2\n3\n');
    socket.destroy();
  }),
);
