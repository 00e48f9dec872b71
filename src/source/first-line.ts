import { HELLO_BYTES_MAX } from '../base/limits.ts';
import { type Hello, isWhole, parseHello } from './hello.ts';
import { isToken, type ListenOptions } from './listening.ts';

/**
 * The first line of a connection, until it is known what it is: who sends, an event, or a request of HTTP.
 *
 * Any page can have a browser send such a request to a port of the machine that the browser runs on, with lines of the page's own in
 * its body. What is no JSON in front of them would be a dead letter, and the lines would be events.
 */

const IS_REQUEST = 'this is no HTTP server: send lines, or listen on http:// for requests';

const REQUEST = /^[A-Z]+ \S+ HTTP\/\d/;
/** One whose path is so long that its end is not awaited. */
const LONG_REQUEST = /^[A-Z]+ (?:\/|https?:)\S*(?: \S*)?$/;

const [NEWLINE, LETTER_A, LETTER_Z] = [0x0a, 0x41, 0x5a];

export interface FirstLineRead {
  /** Undefined where the line is an event. */
  readonly hello: Hello | undefined;
  /** What stands behind the line, or all of it where it is an event. */
  readonly rest: Buffer;
}

export class FirstLine {
  readonly #token: string | undefined;
  /** Without a token to ask for, and without answers, nobody says who it is: all lines are events. */
  readonly #canGreet: boolean;
  #bytes: Buffer = Buffer.alloc(0);

  constructor({ ack, token }: Pick<ListenOptions, 'ack' | 'token'>) {
    this.#token = token;
    this.#canGreet = ack || token !== undefined;
  }

  /** Takes more of it; undefined where that is not enough. Throws why its sender is refused. */
  add(bytes: Buffer): FirstLineRead | undefined {
    const all = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    // No JSON begins with a capital letter.
    const mayBeRequest = all[0]! >= LETTER_A && all[0]! <= LETTER_Z;
    if (!mayBeRequest && !this.#canGreet) return { hello: undefined, rest: all };
    const newline = all.indexOf(NEWLINE);
    if (newline < 0 && all.length <= HELLO_BYTES_MAX) {
      this.#bytes = all;
      return undefined;
    }
    const line = all.toString('utf8', 0, newline < 0 ? all.length : newline);
    if (REQUEST.test(line) || (newline < 0 && LONG_REQUEST.test(line))) throw new Error(IS_REQUEST);
    const hello = newline < 0 || !this.#canGreet ? undefined : parseHello(line);
    if (this.#token !== undefined && !isToken(hello?.token, this.#token)) {
      throw new Error('the token is not right');
    }
    return { hello, rest: hello === undefined ? all : all.subarray(newline + 1) };
  }

  /** Whether its sender, who has ended, has sent all of it: who may have been saying who it is may have been cut off. */
  get isWhole(): boolean {
    return this.#bytes.length > 0 && (!this.#canGreet || isWhole(this.#bytes));
  }
}
