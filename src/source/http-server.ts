import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { finished } from 'node:stream';
import type { Positions, Source, SourceSpec } from './contract.ts';
import { TOO_MANY_PRODUCERS } from './hello.ts';
import { Inbox } from './inbox.ts';
import { listenError, nameOf } from './line-server.ts';
import { type Address, checkListening, isToken, type ListenOptions } from './listening.ts';
import { RequestSender } from './request-sender.ts';
import {
  checkLines,
  type Held,
  pathOf,
  producerOf,
  readBody,
  Refusal,
  refusePages,
  REQUEST_BYTES,
} from './request.ts';
import { Turns } from './turns.ts';

/**
 * HTTP requests that bring events (`http://`, `https://`): the lines of a POST are let in all or none, and the answer
 * comes when they are committed. The protocol is docs/SOCKETS.md.
 */

export function httpSource(
  address: Address,
  options: ListenOptions,
  tell: (note: string) => void,
): SourceSpec {
  return {
    name: address.text,
    id: address.text,
    live: true,
    check: () => {
      checkListening(address, options);
      return Promise.resolve(undefined);
    },
    open: positions => HttpServer.open(address, options, positions, tell),
  };
}

/** How long what is left of a refused request is read past, so that its sender comes to read why. */
const REFUSED_MS = 1000;

/** How long answers that are on their way are waited for at the end. */
const CLOSE_MS = 1000;

/** How often requests are looked at for their deadlines. */
const DEADLINES_MS = 500;

/**
 * Silence after which the system asks whether the other side is still there: one that has gone looks like one that has only ended its
 * side and waits for its answer.
 */
const KEEP_ALIVE_MS = 30_000;

class HttpServer {
  readonly #server: Server;
  readonly #name: string;
  readonly #options: ListenOptions;
  readonly #inbox: Inbox;
  readonly #held: Held = { bytes: 0 };
  readonly #byAddress = new Map<string, number>();
  /** Requests of one producer follow each other. */
  readonly #turns = new Turns();
  #quitting = false;

  private constructor(server: Server, address: Address, options: ListenOptions, positions: Positions) {
    this.#server = server;
    this.#name = address.text;
    this.#options = options;
    this.#inbox = new Inbox(
      address.text,
      positions,
      () => this.#quit(),
      () => this.#close(),
    );
    server.on('request', (request, response) => void this.#answer(request, response));
    // Who asks first whether to send the body is told before it is sent.
    server.on('checkContinue', (request, response) => void this.#answer(request, response, true));
    server.on('connection', socket => {
      const from = socket.remoteAddress ?? '';
      const known = this.#byAddress.get(from) ?? 0;
      if (known >= options.connectionsPerAddressMax) {
        socket.destroy();
        return;
      }
      this.#byAddress.set(from, known + 1);
      socket.once('close', () => {
        const left = this.#byAddress.get(from)! - 1;
        if (left > 0) this.#byAddress.set(from, left);
        else this.#byAddress.delete(from);
      });
    });
  }

  static async open(
    address: Address,
    options: ListenOptions,
    positions: Positions,
    tell: (note: string) => void,
  ): Promise<Source> {
    const server = serverFor(address, options);
    const http = new HttpServer(server, address, options, positions);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      throw listenError(address, error);
    }
    server.on('error', error => tell(`"${address.text}": ${error.message}`));
    tell(`listening on ${nameOf(server, address)}`);
    return http.#inbox;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, asksFirst = false): Promise<void> {
    try {
      const answer = await this.#handle(request, () => asksFirst && response.writeContinue());
      reply(response, 200, answer, this.#quitting ? { connection: 'close' } : {}).end();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message, details, headers } = error;
      reply(response, status, { error: message, ...details }, { ...headers, connection: 'close' });
      endAfterBody(request, response);
    }
  }

  async #handle(request: IncomingMessage, goOn: () => void): Promise<Readonly<Record<string, unknown>>> {
    const path = pathOf(request);
    if (path === '/health') return { status: this.#quitting ? 'ending' : 'ok' };
    const { token } = this.#options;
    if (path !== '/' && path !== '/events') throw new Refusal(404, 'POST events to / or /events');
    if (request.method !== 'POST') throw new Refusal(405, 'POST events', {}, { allow: 'POST' });
    const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    // Nothing is read or unpacked before this.
    if (token !== undefined && !isToken(given, token)) {
      throw new Refusal(401, 'the token is not right', {}, { 'www-authenticate': 'Bearer' });
    }
    if (token === undefined) refusePages(request);
    this.#refuseIfQuitting();
    this.#held.bytes += REQUEST_BYTES;
    try {
      return await this.#takeEvents(request, goOn);
    } finally {
      this.#held.bytes -= REQUEST_BYTES;
    }
  }

  async #takeEvents(request: IncomingMessage, goOn: () => void) {
    const { producer, next, isDone } = producerOf(request);
    const body = await readBody(request, this.#options, this.#held, goOn);
    try {
      const lines = checkLines(body, this.#options.lineBytesMax);
      // Asked again for an answer that was lost, it would not be known that these lines have come before.
      if (isDone && lines > 0) throw new Refusal(400, 'Millrace-Done goes only with a request without lines');
      if (producer === undefined) return await this.#letIn(body, lines);
      return await this.#turns.take(producer, async () => {
        const answer = await this.#letInOf(producer, next, body, lines);
        if (isDone) this.#inbox.retire(producer);
        return answer;
      });
    } finally {
      this.#held.bytes -= body.length;
    }
  }

  /** Puts the lines into the inbox; resolves with the answer when they are committed. */
  async #letIn(body: Buffer, lines: number) {
    const sender = new RequestSender(body, this.#options.lineBytesMax, undefined);
    await this.#commit(sender);
    return { lines, ...this.#placeOf(sender) };
  }

  /** The same for lines that their producer has numbered, of which those are left out that have come before. */
  async #letInOf(producer: string, next: number | undefined, body: Buffer, lines: number) {
    const progress = this.#inbox.enter(producer);
    if (progress === undefined) throw new Refusal(503, TOO_MANY_PRODUCERS);
    try {
      const first = next ?? progress.committed + 1;
      const expected = progress.committed + 1;
      if (first > expected) {
        throw new Refusal(409, `line ${first} cannot come next: line ${expected} has not come yet`, {
          expected,
        });
      }
      const sender = new RequestSender(body, this.#options.lineBytesMax, producer);
      const repeated = sender.skip(Math.min(lines, expected - first));
      await this.#commit(sender);
      return { lines, producer, committed: progress.committed, repeated, ...this.#placeOf(sender) };
    } finally {
      this.#inbox.leave(producer);
    }
  }

  async #commit(sender: RequestSender): Promise<void> {
    if (!sender.hasLines()) return;
    this.#refuseIfQuitting();
    this.#inbox.arrived(sender);
    await sender.done;
  }

  #placeOf({ at }: RequestSender) {
    return at === undefined ? {} : { source: this.#name, line: at.line + 1, offset: at.offset };
  }

  #refuseIfQuitting(): void {
    if (this.#quitting) throw new Refusal(503, 'millrace is ending', {}, { 'retry-after': '5' });
  }

  #quit(): void {
    this.#quitting = true;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  async #close(): Promise<void> {
    this.#quit();
    // What was committed last may still be on its way to who has asked for it.
    setTimeout(() => this.#server.closeAllConnections(), CLOSE_MS).unref();
  }
}

function serverFor({ scheme }: Address, options: ListenOptions): Server {
  const { tls, authTimeoutMs, lineTimeoutMs, idleTimeoutMs, connectionsMax } = options;
  const times = {
    headersTimeout: authTimeoutMs,
    requestTimeout: Math.max(authTimeoutMs, lineTimeoutMs),
    keepAliveTimeout: idleTimeoutMs,
    connectionsCheckingInterval: DEADLINES_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  };
  const server =
    scheme === 'http'
      ? createServer(times)
      : (createTlsServer({
          ...times,
          cert: tls!.cert,
          key: tls!.key,
          minVersion: 'TLSv1.2',
          handshakeTimeout: authTimeoutMs,
          ...(tls!.ca === undefined ? {} : { ca: tls!.ca, requestCert: true, rejectUnauthorized: true }),
        }) as unknown as Server);
  server.maxConnections = connectionsMax;
  answerHalfOpen(server);
  return server;
}

/**
 * Has senders answered that end their side behind a whole request, and the connection closed then. One that ends it before that is
 * let go at once, also within the handshake of TLS, where nobody would see it end if its socket were half-open from the start.
 */
function answerHalfOpen(server: Server): void {
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  server.on('secureConnection', (socket: Socket) => {
    socket.allowHalfOpen = true;
  });
}

/** Writes all of the answer, which is left to be ended. */
function reply(
  response: ServerResponse,
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': text.length,
    ...headers,
  });
  response.write(text);
  return response;
}

/**
 * Ends the answer, and with it the connection, when the rest of the body was read past, or a little later: a connection that
 * is closed on a sender that still sends is reset, and the answer may be lost.
 */
function endAfterBody(request: IncomingMessage, response: ServerResponse): void {
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, REFUSED_MS);
  if (request.complete) return end();
  finished(request, { writable: false }, end);
  request.resume();
}
