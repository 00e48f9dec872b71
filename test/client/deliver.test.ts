import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { deliverTo } from '../../src/client/deliver.ts';

/** What a server is told of somebody who posts lines. */

/** Posts lines twice, under `producer` or a name of its own; gives what the server was told in each request. */
async function posted(answer: (producer: string) => object, producer?: string): Promise<string[]> {
  const told: string[] = [];
  const server = createServer((request, response) => {
    const { 'millrace-producer': name, 'millrace-next': next, 'millrace-done': done } = request.headers;
    told.push(done === undefined ? `next ${String(next)}` : `done ${String(done)}`);
    request.resume().on('end', () => response.end(JSON.stringify(answer(String(name)))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const receiver = await deliverTo(`http://127.0.0.1:${port}`, {
    ack: false,
    producer,
    token: undefined,
    insecure: false,
    tls: {},
    retryMs: 1000,
    stopped: new AbortController().signal,
  });
  await receiver.write(Buffer.from('1\n2\n'));
  await receiver.write(Buffer.from('3\n'));
  await receiver.end();
  server.close();
  return told;
}

test('a millrace is told that a name does not come again, after all lines', async () => {
  expect(await posted(producer => ({ lines: 1, producer }))).toEqual(['next 1', 'next 3', 'done true']);
});

test('it is not told so of a name that was given', async () => {
  expect(await posted(producer => ({ lines: 1, producer }), 'named')).toEqual(['next 1', 'next 3']);
});

test('another server gets nothing but lines', async () => {
  expect(await posted(() => ({ ok: true }))).toEqual(['next 1', 'next 3']);
});
