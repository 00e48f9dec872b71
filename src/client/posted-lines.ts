import {
  Agent as HttpAgent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { countLines } from '../base/line-bytes.ts';
import { MiB } from '../base/limits.ts';
import { escapeControls } from '../base/terminal.ts';
import type { LinkOptions } from './link.ts';
import { checkSecrecy, type TokenOptions } from './secrecy.ts';

/**
 * Gives lines to a server in the bodies of POST requests, one request after the other; what comes meanwhile is in the next one.
 *
 * The lines are numbered for a millrace (docs/SOCKETS.md), so that one that is asked again takes none of them twice. Other servers
 * may, where an answer was lost.
 */

export interface PostOptions extends TokenOptions {
  readonly producer: string;
  /** Whether the name is never used again, so that a millrace need not remember it. */
  readonly isOnce: boolean;
  readonly tls: LinkOptions['tls'];
  /** Time without an answer after which to give up. */
  readonly retryMs: number;
  readonly stopped: AbortSignal;
}

const BODY_BYTES = 4 * MiB;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2000;
const ANSWER_LENGTH_MAX = 200;
/** Answers after which the same request may be taken. */
const RETRYABLE = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Time to be told that nothing more comes. */
const FAREWELL_MS = 1000;
const NEWLINE = 0x0a;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number;
}

export class PostedLines {
  readonly #url: URL;
  readonly #options: PostOptions;
  readonly #agent: HttpAgent;
  #next = 1;
  /** Whether it has answered as a millrace does: nobody else is told that nothing more comes. */
  #isMillrace = false;
  readonly #aborted = new AbortController();

  /** Throws MILLRACE_USAGE where `to` is no address, and MILLRACE_INSECURE. */
  constructor(to: string, options: PostOptions) {
    this.#url = parseUrl(to);
    const scheme = this.#url.protocol === 'https:' ? 'https' : 'http';
    const host = this.#url.hostname.replace(/^\[(.*)\]$/, '$1');
    checkSecrecy({ text: this.#url.href, scheme, host }, options);
    this.#options = options;
    const settings = { keepAlive: true, maxSockets: 1 };
    this.#agent =
      this.#url.protocol === 'https:'
        ? new HttpsAgent({ ...settings, ...options.tls })
        : new HttpAgent(settings);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const to = bodyEnd(bytes, from);
      await this.#deliver(bytes.subarray(from, to));
      from = to;
    }
  }

  async end(): Promise<void> {
    const { isOnce, producer } = this.#options;
    // Where it does not arrive, the name is remembered, and nothing else is wrong.
    const farewell = { 'millrace-producer': producer, 'millrace-done': 'true' };
    if (isOnce && this.#isMillrace)
      await this.#post(Buffer.alloc(0), farewell, FAREWELL_MS).catch(() => undefined);
    this.#agent.destroy();
  }

  abort(): void {
    this.#aborted.abort();
    this.#agent.destroy();
  }

  async #deliver(body: Uint8Array): Promise<void> {
    const untilMs = performance.now() + this.#options.retryMs;
    for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
      const numbers = { 'millrace-producer': this.#options.producer, 'millrace-next': this.#next };
      const answer = await this.#post(body, numbers, this.#options.retryMs).catch((error: unknown) =>
        reasonOf(error),
      );
      if (typeof answer !== 'string' && answer.status >= 200 && answer.status < 300) {
        this.#isMillrace = answer.text.includes(`"producer":"${this.#options.producer}"`);
        break;
      }
      const problem =
        typeof answer === 'string' ? answer : `it has answered ${answer.status}: ${shown(answer.text)}`;
      const pauseMs = Math.max(waitMs, typeof answer === 'string' ? 0 : answer.retryAfterMs);
      const isFinal = typeof answer !== 'string' && !RETRYABLE.has(answer.status);
      if (isFinal || this.#isStopped || performance.now() + pauseMs > untilMs) {
        throw this.#error(problem);
      }
      await new Promise(resolve => {
        setTimeout(resolve, pauseMs);
      });
    }
    this.#next += countLines(body);
  }

  get #isStopped(): boolean {
    return this.#aborted.signal.aborted || this.#options.stopped.aborted;
  }

  #post(body: Uint8Array, headers: OutgoingHttpHeaders, timeoutMs: number): Promise<Answer> {
    const { token } = this.#options;
    const request = this.#url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const sending = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        signal: this.#aborted.signal,
        timeout: Math.max(1000, timeoutMs),
        headers: {
          'content-type': 'application/x-ndjson',
          'content-length': body.length,
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      sending.on('response', response => void readAnswer(response).then(resolve, reject));
      sending.on('timeout', () => sending.destroy(new Error('no answer came')));
      sending.on('error', reject);
      sending.end(body);
    });
  }

  #error(problem: string): MillraceError {
    return new MillraceError('MILLRACE_SEND', `cannot send to "${this.#url.href}": ${problem}`, {
      hint: `${this.#next - 1} lines were taken before`,
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) if (text.length <= ANSWER_LENGTH_MAX) text += String(piece);
  const retryAfter = Number(response.headers['retry-after']);
  const retryAfterMs = Number.isFinite(retryAfter) ? retryAfter * 1000 : 0;
  return { status: response.statusCode ?? 0, text, retryAfterMs };
}

function shown(text: string): string {
  return escapeControls(text.slice(0, ANSWER_LENGTH_MAX).trim().replaceAll('\n', ' '));
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new MillraceError('MILLRACE_USAGE', `"${text}" is not an address`, {
      hint: 'write http://127.0.0.1:8080, or with a path as in https://example.org/events',
    });
  }
}

/** Where a body ends that begins at `from`: behind the last line that fits, or behind one line. */
function bodyEnd(bytes: Uint8Array, from: number): number {
  if (bytes.length - from <= BODY_BYTES) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, from + BODY_BYTES - 1);
  return (last >= from ? last : bytes.indexOf(NEWLINE, from)) + 1;
}
