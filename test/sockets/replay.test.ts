import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type Listener, withListener } from './listener.ts';

/** `millrace replay` to a socket or a server, with the built program. */

const COUNT = 200;
/** Every 10 ms an event; every tenth comes 5 ms too early in its file. */
const EVENTS = Array.from({ length: COUNT }, (_, n) => {
  const ms = 1_700_000_000_000 + n * 10 - (n % 10 === 9 ? 15 : 0);
  return `{"n":${n},"ts":"${new Date(ms).toISOString()}"}`;
});
const TEXT = `${EVENTS.join('\n')}\n`;

interface Arrival {
  readonly ms: number;
  readonly line: string;
}

/** Takes lines and notes when they come. */
async function receiver(): Promise<{
  readonly address: string;
  readonly arrivals: Arrival[];
  readonly sockets: Socket[];
  readonly ended: Promise<unknown>;
  readonly close: () => void;
}> {
  const arrivals: Arrival[] = [];
  const sockets: Socket[] = [];
  const server = createServer();
  const ended = new Promise(resolve => {
    server.on('connection', socket => {
      sockets.push(socket);
      let rest = '';
      socket.on('data', bytes => {
        const ms = performance.now();
        const lines = (rest + String(bytes)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) arrivals.push({ ms, line });
      });
      socket.on('end', resolve);
      socket.on('error', resolve);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { address: `tcp://127.0.0.1:${port}`, arrivals, sockets, ended, close: () => server.close() };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise(resolve => {
      setTimeout(resolve, 10);
    });
  }
}

/** Resolves when nothing more finds room on its way to a socket that is not read. */
async function untilFull(socket: Socket): Promise<void> {
  const port = socket.localPort!.toString(16).toUpperCase().padStart(4, '0');
  const waiting = (): string =>
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .filter(line => line.includes(`0100007F:${port} `))
      .map(line => line.trim().split(/\s+/)[4])
      .join();
  let before = '';
  for (let same = 0; same < 10; ) {
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
    const now = waiting();
    same = now === before && /[1-9A-F]/.test(now) ? same + 1 : 0;
    before = now;
  }
}

function replay(listener: Listener, ...args: string[]): ReturnType<Listener['run']> {
  listener.write('in.ndjson', TEXT);
  return listener.run(['replay', 'in.ndjson', ...args]);
}

/** Replays twice under one name, to what listens: all events must be in its topic, once. */
async function expectOnce(listener: Listener, ...flags: readonly string[]): Promise<void> {
  const [address] = listener.addresses;
  for (let times = 0; times < 2; times++) {
    const { status, stderr } = await replay(listener, '--to', address!, '--producer', 'replay-1', ...flags);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
  await listener.stop();
  expect(await listener.lines()).toEqual(EVENTS);
}

test(
  'events arrive in order, no earlier than their distances say',
  withListener(async listener => {
    const { address, arrivals, ended, close } = await receiver();
    const startedMs = performance.now();
    const { status, stderr } = await replay(listener, '--to', address, '--speed', '2x');
    await ended;
    close();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(arrivals.map(({ line }) => line)).toEqual(EVENTS);
    // How late they are is the machine's affair; but none can be early, counted from before the first.
    for (const [number, { ms }] of arrivals.entries()) {
      // One that is out of order comes with the one before it; clocks are read in whole milliseconds.
      expect(ms - startedMs).toBeGreaterThanOrEqual(((number - 1) * 10) / 2 - 2);
    }
  }),
);

test(
  'a receiver that goes away is a failure that is told',
  withListener(async listener => {
    const { address, sockets, close } = await receiver();
    const replaying = replay(listener, '--to', address, '--speed', '0.1x');
    await until(() => sockets.length > 0);
    sockets[0]!.destroy();
    close();
    const { status, stderr } = await replaying;
    expect(stderr).toMatch(/^millrace: cannot send to "tcp:.*MILLRACE_SEND/);
    expect(status).toBe(4);
  }),
);

test(
  'nobody who listens is a failure after the time for retries',
  withListener(async listener => {
    const { address, close } = await receiver();
    close();
    const { status, stderr } = await replay(listener, '--to', address, '--retry', '100ms');
    expect(stderr).toMatch(/^millrace: cannot send to "tcp:.*ECONNREFUSED.*MILLRACE_SEND/);
    expect(status).toBe(4);
  }),
);

test(
  'with --ack all is committed by the other side, and the same command with a name adds nothing',
  withListener(async listener => {
    await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack'] });
    await expectOnce(listener, '--ack', '--speed', 'max');
  }),
);

test(
  'with --ack nobody who listens is a failure after the time for retries as well',
  withListener(async listener => {
    const { address, close } = await receiver();
    close();
    const { status, stderr } = await replay(listener, '--to', address, '--ack', '--retry', '100ms');
    expect(stderr).toMatch(/^millrace: cannot send to "tcp:.*MILLRACE_SEND/);
    expect(status).toBe(4);
  }),
);

test(
  'a millrace that takes HTTP is given each line once, also in many requests',
  withListener(async listener => {
    await listener.start(['http://127.0.0.1:0']);
    await expectOnce(listener, '--speed', '100x');
  }),
);

test(
  'a server that has no time is asked again, and one that refuses is told of',
  withListener(async listener => {
    const answers = [503, 200, 429, 200, 400];
    const bodies: string[] = [];
    const server = createHttpServer((request, response) => {
      let body = '';
      request.on('data', piece => {
        body += String(piece);
      });
      request.on('end', () => {
        bodies.push(`${request.method} ${request.url} ${body.split('\n').length - 1}`);
        response
          .writeHead(answers.shift() ?? 200, { 'retry-after': '0' })
          .end('{"error":"as the test wants"}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { status, stderr } = await replay(listener, '--to', `http://127.0.0.1:${port}/in?a=b`);
    server.closeAllConnections();
    server.close();
    expect(bodies.slice(0, 2)).toEqual(['POST /in?a=b 1', 'POST /in?a=b 1']);
    expect(bodies.length).toBe(5);
    expect(stderr).toMatch(/it has answered 400: {"error":"as the test wants"} \(MILLRACE_SEND\)/);
    expect(status).toBe(4);
  }),
);

test(
  'what a handler makes of the events goes on to the receiver, and dead letters are told',
  withListener(async listener => {
    const { address, arrivals, ended, close } = await receiver();
    listener.write(
      'odd.mjs',
      "export default event => {\n  if (event.n === 5) throw new Error('five');\n  return event.n % 2 === 1 && { n: event.n };\n};\n",
    );
    const { status, stderr } = await replay(
      listener,
      '--handler',
      'odd.mjs',
      '--to',
      address,
      '--speed',
      '20x',
    );
    await ended;
    close();
    expect(stderr).toBe('millrace: in.ndjson line 6: handler-threw: five\n');
    expect(status).toBe(6);
    const odd = EVENTS.flatMap((_, n) => (n % 2 === 1 && n !== 5 ? [`{"n":${n}}`] : []));
    expect(arrivals.map(({ line }) => line)).toEqual(odd);
  }),
);

test(
  'a receiver that goes away ends a run into a handler as well',
  withListener(async listener => {
    const { address, sockets, close } = await receiver();
    listener.write('all.mjs', 'export default () => true;\n');
    const replaying = replay(listener, '--handler', 'all.mjs', '--to', address, '--speed', '0.2x');
    await until(() => sockets.length > 0);
    sockets[0]!.destroy();
    close();
    const { status, stderr } = await replaying;
    expect(stderr).toMatch(/^millrace: cannot send to "tcp:.*MILLRACE_SEND/);
    expect(status).toBe(4);
  }),
);

test(
  'an interrupt ends it in order: what was given out is whole',
  withListener(async listener => {
    const { address, arrivals, ended, close } = await receiver();
    listener.write('in.ndjson', TEXT);
    const args = ['replay', 'in.ndjson', '--to', address, '--speed', '0.01x'];
    const { status } = await listener.interrupt(
      args,
      until(() => arrivals.length > 0),
    );
    await ended;
    close();
    expect(status).toBe(130);
    expect(arrivals.map(({ line }) => line)).toEqual(EVENTS.slice(0, arrivals.length));
  }),
);

test(
  'an interrupt ends it also where the receiver does not read, and tells that something may be lost',
  withListener(async listener => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection');
    // More than lies between two sockets of one machine.
    listener.write('in.ndjson', TEXT.repeat(5000));
    const { status, stderr } = await listener.interrupt(
      ['replay', 'in.ndjson', '--to', `tcp://127.0.0.1:${port}`, '--speed', 'max'],
      accepted.then(([socket]) => untilFull(socket as Socket)),
    );
    ((await accepted)[0] as Socket).destroy();
    server.close();
    expect(stderr).toMatch(
      /^millrace: cannot send to "tcp:.*it has not taken what was sent last, after \d+ bytes/,
    );
    expect(status).toBe(130);
  }),
);
