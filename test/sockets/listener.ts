import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** The built program that listens, in a directory of its own, and what it has committed. */

const PROGRAM = fileURLToPath(new URL('../../dist/bin/millrace.js', import.meta.url));

/** Certificates for 127.0.0.1: of an authority, of the server, and of a sender. */
export function pem(name: 'ca.pem' | 'server.pem' | 'server.key' | 'sender.pem' | 'sender.key'): string {
  return fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
}

export interface Ended {
  readonly status: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly handler?: string;
  /** Whether commits are synced; no test of senders needs that. */
  readonly sync?: boolean;
}

export class Listener {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-sockets-')));
  /** All that the runs have said. */
  said = '';
  /** The addresses of the run under way, in the order of its inputs. */
  addresses: string[] = [];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor() {
    if (!existsSync(PROGRAM)) throw new Error(`"${PROGRAM}" is not there: run "npm run build" first`);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string | Uint8Array): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Starts a run; resolves when it listens on all of `inputs` that are addresses. */
  async start(
    inputs: readonly string[],
    { args = [], env = {}, handler, sync = false }: StartOptions = {},
  ): Promise<void> {
    this.write('mill.mjs', handler ?? 'export default event => event;\n');
    this.addresses = [];
    const own = ['--to', 'topic', '--workers', '1', ...(sync ? [] : ['--no-sync'])];
    const child = this.#spawn(['run', 'mill.mjs', ...inputs, ...own, ...args], env);
    this.#child = child;
    this.#ended = once(child, 'close');
    const wanted = inputs.filter(input => /^(\w+:\/\/|unix:)/.test(input)).length;
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stderr!.on('data', bytes => {
        this.said += String(bytes);
        text += String(bytes);
        this.addresses = [...text.matchAll(/listening on (\S+)\n/g)].map(([, address]) => address!);
        if (this.addresses.length === wanted) resolve();
      });
      child.once('close', () => reject(new Error(`the run has ended: ${this.said}`)));
    });
  }

  /** Most memory that the run under way has had so far, in bytes. */
  peakBytes(): number {
    const status = readFileSync(`/proc/${this.#child!.pid}/status`, 'utf8');
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024;
  }

  /** Ends the run; gives its exit status, or the signal that has killed it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | string | null> {
    const child = this.#child!;
    child.kill(signal);
    await this.#ended;
    return child.exitCode ?? child.signalCode;
  }

  /** Runs another command to its end. */
  async run(
    args: readonly string[],
    { env = {}, stdin }: { env?: Record<string, string>; stdin?: string } = {},
  ) {
    return ended(this.#spawn(args, env, stdin === undefined ? 'ignore' : 'pipe'), stdin);
  }

  /** Runs another command to its end, whose standard input has none. */
  async runOpen(args: readonly string[]): Promise<Ended> {
    const child = this.#spawn(args, {}, 'pipe');
    const { stdin } = child;
    child.stdin = null;
    try {
      return await ended(child);
    } finally {
      stdin?.destroy();
    }
  }

  /** Runs another command, and kills it after a while. */
  async kill(args: readonly string[], afterMs: number): Promise<void> {
    const child = this.#spawn(args);
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    await ended(child);
    clearTimeout(timer);
  }

  /** Runs another command, and interrupts it when `when` resolves. */
  async interrupt(args: readonly string[], when: Promise<unknown>): Promise<Ended> {
    const child = this.#spawn(args);
    void when.then(() => child.kill('SIGINT'));
    return ended(child);
  }

  /** What the topic holds, line by line. */
  async lines(topic = 'topic'): Promise<string[]> {
    const { stdout } = await this.run(['cat', topic]);
    return stdout.split('\n').slice(0, -1);
  }

  async close(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  #spawn(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdin: 'ignore' | 'pipe' = 'ignore',
  ) {
    const own = { NO_COLOR: '1', MILLRACE_CACHE: join(this.directory, 'cache'), ...env };
    return spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.directory,
      env: { ...process.env, ...own },
      stdio: [stdin, 'pipe', 'pipe'],
    });
  }
}

/** Waits for the end of a process, having given it `stdin`. */
export async function ended(child: ChildProcess, stdin?: string): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', bytes => (stdout += String(bytes)));
  child.stderr!.on('data', bytes => (stderr += String(bytes)));
  child.stdin?.on('error', () => undefined).end(stdin);
  await once(child, 'close');
  return { status: child.exitCode ?? child.signalCode, stdout, stderr };
}

/** Connects to an address that the program has named. */
export function dial(address: string, tls: ConnectionOptions = {}): Socket {
  if (address.startsWith('unix:')) return connect(address.slice('unix:'.length));
  const { hostname, port } = new URL(address.replace(/^\w+:/, 'http:'));
  if (!address.startsWith('tls:')) return connect(Number(port), hostname);
  return connectTls({ host: hostname, port: Number(port), ca: readFileSync(pem('ca.pem')), ...tls });
}

/** All that the other side says until it closes. */
export async function heard(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', piece => (text += String(piece)));
  socket.on('error', error => (text += `[${error.message}]`));
  await new Promise(resolve => {
    socket.once('close', resolve);
  });
  return text;
}

/** Sends `text`, ends, and gives all that the other side says. */
export async function talk(address: string, text: string, tls: ConnectionOptions = {}): Promise<string> {
  const socket = dial(address, tls);
  socket.end(text);
  return heard(socket);
}

/** Runs `body` with a listener, and ends what it has started, whatever comes of it. */
export function withListener(body: (listener: Listener) => Promise<void>) {
  return async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    const listener = new Listener();
    const close = (): void => void listener.close();
    signal.addEventListener('abort', close);
    try {
      await body(listener);
    } finally {
      signal.removeEventListener('abort', close);
      await listener.close();
    }
  };
}
