import { chmodSync, lstatSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { MillraceError, reasonOf, systemCode } from '../base/errors.ts';
import { Answers } from './answers.ts';
import { Connection, type Connections } from './connection.ts';
import type { Positions, Source, SourceSpec } from './contract.ts';
import { Inbox } from './inbox.ts';
import { type Address, checkListening, lengthProblem, type ListenOptions } from './listening.ts';

/** A socket that is listened on (`tcp://`, `tls://`, `unix:`): every line of every connection is an event. */

/** How often connections are looked at for their deadlines. */
const DEADLINES_MS = 500;

/** Silence after which the system asks whether the sender is still there. */
const KEEP_ALIVE_MS = 60_000;

export function socketSource(
  address: Address,
  options: ListenOptions,
  tell: (note: string) => void,
): SourceSpec {
  return {
    name: address.text,
    id: address.text,
    live: true,
    check: async () => {
      checkListening(address, options);
      if (address.scheme === 'unix') {
        await checkSocketFile(address).catch((error: unknown) => {
          throw listenError(address, error);
        });
      }
      return undefined;
    },
    open: positions => LineServer.open(address, options, positions, tell),
  };
}

class LineServer {
  readonly #server: Server;
  readonly #options: ListenOptions;
  readonly #inbox: Inbox;
  readonly #connections = new Set<Connection>();
  readonly #byAddress = new Map<string, number>();
  readonly #shared: Connections;
  readonly #timer: NodeJS.Timeout;
  readonly #scheme: string;
  /** Sockets that are open, with those whose handshake is under way. */
  #admitted = 0;
  #quitting = false;

  private constructor(server: Server, address: Address, options: ListenOptions, positions: Positions) {
    this.#server = server;
    this.#scheme = address.scheme;
    this.#options = options;
    this.#inbox = new Inbox(
      address.text,
      positions,
      () => this.#quit(),
      () => this.#close(),
    );
    this.#shared = {
      inbox: this.#inbox,
      options,
      held: { bytes: 0, wholeBytes: 0 },
      byProducer: new Map(),
      paused: new Set(),
      onHeld: () => this.#makeRoom(),
      onClosed: connection => this.#connections.delete(connection),
    };
    // After what has arrived by now was read: it may have waited for this process, and not the other way round.
    this.#timer = setInterval(() => setImmediate(() => this.#checkDeadlines()), DEADLINES_MS);
  }

  static async open(
    address: Address,
    options: ListenOptions,
    positions: Positions,
    tell: (note: string) => void,
  ): Promise<Source> {
    const server = serverFor(address, options);
    try {
      await listen(server, address);
    } catch (error) {
      // It may listen already, and would then never let the process end.
      server.close();
      throw listenError(address, error);
    }
    const lines = new LineServer(server, address, options, positions);
    server.on('error', error => tell(`"${address.text}": ${error.message}`));
    server.on('connection', socket => lines.#admit(socket as Socket));
    if (address.scheme === 'tls') server.on('secureConnection', socket => lines.#begin(socket as Socket));
    // A handshake that fails, or that takes too long, is the sender's affair.
    server.on('tlsClientError', (_, socket) => (socket as Socket).destroy());
    tell(`listening on ${nameOf(server, address)}`);
    return lines.#inbox;
  }

  /** Lets a connection in, where there are not too many; with TLS its handshake comes next. */
  #admit(socket: Socket): void {
    const isEncrypted = this.#scheme === 'tls';
    const from = socket.remoteAddress ?? '';
    const known = this.#byAddress.get(from) ?? 0;
    const { connectionsMax, connectionsPerAddressMax } = this.#options;
    const tooMany = this.#admitted >= connectionsMax || (from !== '' && known >= connectionsPerAddressMax);
    socket.on('error', () => undefined);
    if (tooMany || this.#quitting) {
      if (isEncrypted) socket.destroy();
      else
        new Answers(socket).refuse(tooMany ? 'there are too many connections' : 'millrace is ending', true);
      socket.end(() => socket.destroy());
      return;
    }
    this.#admitted++;
    this.#byAddress.set(from, known + 1);
    socket.once('close', () => {
      this.#admitted--;
      const left = this.#byAddress.get(from)! - 1;
      if (left > 0) this.#byAddress.set(from, left);
      else this.#byAddress.delete(from);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    if (!isEncrypted) this.#begin(socket);
  }

  #begin(socket: Socket): void {
    this.#connections.add(new Connection(socket, this.#shared));
  }

  /** Lets connections go on where there is room; where only unfinished lines are left, the longest has to go. */
  #makeRoom(): void {
    const { held, paused } = this.#shared;
    if (held.bytes < this.#options.bufferBytesMax) {
      for (const connection of paused) connection.resume();
      return;
    }
    if (held.wholeBytes > 0) return;
    let longest: Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.partialBytes > (longest?.partialBytes ?? 0)) longest = connection;
    }
    longest?.refuse('too much is waiting already', true);
  }

  #checkDeadlines(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.checkDeadlines(now);
  }

  #quit(): void {
    this.#quitting = true;
    this.#server.close();
    for (const connection of this.#connections) connection.drain();
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#quitting = true;
    this.#server.close();
    for (const connection of this.#connections) connection.cutOff();
  }
}

function serverFor({ scheme }: Address, { tls, authTimeoutMs }: ListenOptions): Server {
  const halfOpen = { allowHalfOpen: true };
  if (scheme !== 'tls') return createServer(halfOpen);
  const { cert, key, ca } = tls!;
  return createTlsServer({
    ...halfOpen,
    cert,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: authTimeoutMs,
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
  });
}

async function listen(server: Server, address: Address): Promise<void> {
  const { scheme, path, host, port } = address;
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
  });
  if (scheme !== 'unix') server.listen(port, host);
  else {
    await checkSocketFile(address);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
    // The socket is nobody else's from its first moment on; it is made before this returns.
    const mask = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
  }
  await listening;
  if (scheme === 'unix') chmodSync(path, 0o600);
}

/**
 * Rejects where there can be no socket at the path, or something is there that must stay: no socket, or one that somebody
 * answers on.
 */
async function checkSocketFile(address: Address): Promise<void> {
  const { path } = address;
  const problem = lengthProblem(address);
  if (problem !== undefined) throw refusal(address, problem, 'name a shorter one; it may be relative');
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return checkParent(address);
  const taken = found.isSocket() ? await isAnswered(path) : true;
  if (!taken) return;
  const what = found.isSocket() ? 'another process listens on it' : 'there is a file that is no socket';
  throw refusal(address, what, 'name another path, or end the other process');
}

/** Throws where the socket's directory is missing, for which the error of `listen` would be that permission is denied. */
function checkParent(address: Address): void {
  const directory = dirname(address.path);
  if (statSync(directory, { throwIfNoEntry: false }) !== undefined) return;
  throw refusal(address, `there is no directory "${directory}"`, 'make it, or name another path');
}

function refusal(address: Address, problem: string, hint: string): MillraceError {
  return new MillraceError('MILLRACE_LISTEN', `cannot listen on "${address.text}": ${problem}`, { hint });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', error =>
      resolve(systemCode(error) !== 'ECONNREFUSED' && systemCode(error) !== 'ENOENT'),
    );
  });
}

export function listenError(address: Address, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const isTaken = systemCode(error) === 'EADDRINUSE';
  return new MillraceError('MILLRACE_LISTEN', `cannot listen on "${address.text}": ${reasonOf(error)}`, {
    hint: isTaken ? 'another process listens there: end it, or take another port' : 'check the address',
    cause: error,
  });
}

/** The address as it is, where the system has chosen the port. */
export function nameOf(server: Pick<Server, 'address'>, { text, scheme }: Address): string {
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) return text;
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `${scheme}://${host}:${bound.port}`;
}
