import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection, type Connections } from '../../src/source/connection.ts';
import { PRODUCERS_MAX } from '../../src/base/limits.ts';
import type { Positions } from '../../src/source/contract.ts';
import { TOO_MANY_PRODUCERS } from '../../src/source/hello.ts';
import { Inbox } from '../../src/source/inbox.ts';
import type { ListenOptions } from '../../src/source/listening.ts';
import { LISTEN } from './listen-options.ts';

/** One connection without a socket, at times that the test sets. */

const OPTIONS: ListenOptions = {
  ...LISTEN,
  ack: true,
  idleTimeoutMs: 60_000,
  connectionBytesMax: 1000,
  bufferBytesMax: 10_000,
  lineBytesMax: 1000,
};

class Sent {
  said = '';
  readonly inbox: Inbox;
  readonly connection: Connection;
  readonly #socket: Duplex;

  constructor(options: Partial<ListenOptions> = {}, positions: Positions = {}) {
    this.inbox = new Inbox(
      'id',
      positions,
      () => undefined,
      async () => undefined,
    );
    this.#socket = new Duplex({
      read: () => undefined,
      write: (piece, _, done) => {
        this.said += String(piece);
        done();
      },
    });
    const shared: Connections = {
      inbox: this.inbox,
      options: { ...OPTIONS, ...options },
      held: { bytes: 0, wholeBytes: 0 },
      byProducer: new Map(),
      paused: new Set(),
      onHeld: () => undefined,
      onClosed: () => undefined,
    };
    this.connection = new Connection(this.#socket as Socket, shared);
  }

  /** Sends `text` so many seconds after what was sent before, having looked at the deadlines. */
  after(seconds: number, text = ''): void {
    vi.advanceTimersByTime(seconds * 1000);
    this.connection.checkDeadlines(performance.now());
    if (text !== '') this.#socket.emit('data', Buffer.from(text));
  }

  end(): void {
    this.#socket.emit('end');
  }

  async takeAll(): Promise<string> {
    const into = Buffer.alloc(10_000);
    const length = await this.inbox.read(into);
    return into.toString('utf8', 0, length as number);
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('a line has until its deadline', () => {
  test('from its own first byte on, though none of the pieces that come ends where a line does', async () => {
    const sent = new Sent();
    sent.after(0, '{"n":1}\n{"n":');
    for (let n = 2; n < 20; n++) sent.after(20, `${n}}\n{"n":`);
    expect(sent.said).toBe('');
    expect(await sent.takeAll()).toMatch(/\{"n":19\}\n$/);
    sent.after(20, '2');
    expect(sent.said).toBe('');
    sent.after(20, '0');
    expect(sent.said).toBe('{"error":"a line took too long to end","retry":true}\n');
  });

  test('however often a byte of it comes', () => {
    const sent = new Sent();
    for (let n = 0; n < 40; n++) sent.after(1, '1');
    expect(sent.said).toContain('a line took too long to end');
  });

  test('also the first one, of which it is not known yet whether it says who sends', () => {
    const sent = new Sent();
    for (let n = 0; n < 40; n++) sent.after(1, ' ');
    expect(sent.said).toContain('a line took too long to end');
  });
});

describe('an HTTP request is refused as soon as its first line is seen, and nothing of it is an event', () => {
  const REFUSED =
    '{"error":"this is no HTTP server: send lines, or listen on http:// for requests","retry":false}\n';

  test.each([true, false])('with --ack: %s', ack => {
    const sent = new Sent({ ack });
    sent.after(0, 'POST /events HTTP/1.1\r\n');
    expect(sent.said).toBe(REFUSED);
    sent.after(0, 'host: 127.0.0.1\r\n\r\n{"n":1}\n');
    expect(sent.connection.hasLines()).toBe(false);
  });

  test('in whatever pieces it comes', () => {
    const sent = new Sent({ ack: false });
    for (const byte of 'POST / HTTP/1.1\r\norigin: null\r\n\r\n{"n":1}\n') sent.after(0, byte);
    expect(sent.said).toBe(REFUSED);
    expect(sent.connection.hasLines()).toBe(false);
  });

  test.each([true, false])('also where its path is longer than any first line: --ack is %s', ack => {
    const sent = new Sent({ ack });
    const request = `POST /${'x'.repeat(10_000)} HTTP/1.1\r\n\r\n{"n":1}\n`;
    sent.after(0, request.slice(0, 6000));
    expect(sent.said).toBe(REFUSED);
    sent.after(0, request.slice(6000));
    expect(sent.connection.hasLines()).toBe(false);
  });

  test.each(['', ' ', ' HT', ' HTTP/', ' HTTP/1.1', ' HTTP/1.1\r'])(
    'also where that breaks off before its end: %j',
    end => {
      const sent = new Sent({ ack: false });
      sent.after(0, `POST /${'x'.repeat(5000)}${end}`);
      expect(sent.said).toBe(REFUSED);
    },
  );

  test('also where all of it is there at once', () => {
    const sent = new Sent({ ack: false });
    sent.after(0, `POST /${'x'.repeat(10_000)} HTTP/1.1\r\n\r\n{"n":1}\n`);
    expect(sent.said).toBe(REFUSED);
    expect(sent.connection.hasLines()).toBe(false);
  });

  test.each([
    ['a line of text', 'Hello you\n'],
    ['a line that only begins like one', 'GET / HTTP\n'],
    ['a line without an end', 'Hello'],
    ['a number', '1'],
  ])('%s is none', async (_, text) => {
    const sent = new Sent({ ack: false });
    for (const byte of text) sent.after(0, byte);
    sent.end();
    expect(sent.said).toBe('');
    expect(await sent.takeAll()).toBe(text.endsWith('\n') ? text : `${text}\n`);
  });

  test('a request that comes later on a connection is lines like any other', async () => {
    const sent = new Sent({ ack: false });
    sent.after(0, '1\nPOST / HTTP/1.1\n');
    expect(await sent.takeAll()).toBe('1\nPOST / HTTP/1.1\n');
  });
});

test('a producer for whom there is no room is told what can be done', () => {
  const known = Array.from({ length: PRODUCERS_MAX }, (_, n) => [`id producer p${n}`, 1]);
  const sent = new Sent({}, Object.fromEntries(known) as Positions);
  sent.after(0, '{"producer":"another"}\n');
  expect(JSON.parse(sent.said)).toEqual({ error: TOO_MANY_PRODUCERS, retry: false });
  expect(sent.said).toMatch(/too many producers \(10000\): send under a name that is known, or let millrace/);
});

/** What is known of a producer when it has sent a line, that is committed, and then `last`. */
async function knownAfter(last: string): Promise<number> {
  const sent = new Sent();
  sent.after(0, '{"producer":"p"}\n{"n":1}\n');
  await sent.takeAll();
  sent.inbox.committed({ offset: 8, line: 1, unfinished: false });
  if (last !== '') sent.after(0, last);
  sent.end();
  return sent.inbox.enter('p')!.committed;
}

describe('a producer that ends its side', () => {
  test('is remembered, also where its last line was cut off', async () => {
    expect(await knownAfter('')).toBe(1);
    expect(await knownAfter('{"n":')).toBe(1);
    expect(await knownAfter('{"producer":"p","do')).toBe(1);
    expect(await knownAfter('{"producer":"q","done":true}')).toBe(1);
  });

  test('is forgotten where the last that it has said is that it is done', async () => {
    expect(await knownAfter('{"producer":"p","done":true}')).toBe(0);
  });
});
