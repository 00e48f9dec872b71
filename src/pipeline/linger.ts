import type { Gate } from '../base/gate.ts';

/** How long whole lines of a live source wait for others, so that a handler can have many at once. */
export interface LingerOptions {
  /** 0 where they do not. */
  readonly ms: () => number;
  /** So many lines wait no longer. */
  readonly lines: () => number;
}

const NEWLINE = 0x0a;

export class Linger {
  readonly #options: LingerOptions;
  readonly #gate: Gate;
  /** Of the lines that wait: since when, and of how many bytes the lines were counted. */
  #sinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lines = 0;
  #countedTo = 0;

  constructor(options: LingerOptions, gate: Gate) {
    this.#options = options;
    this.#gate = gate;
  }

  /** The lines that come from now on wait from when there is the first of them, or from `sinceMs` on. */
  begin(sinceMs?: number): void {
    this.#sinceMs = sinceMs;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    this.#countedTo = 0;
  }

  /** Whether these lines, some of which may be new, are to wait for others; the gate is opened when they no longer are. */
  holds(bytes: Uint8Array): boolean {
    const { lines } = this.#options;
    const ms = this.#options.ms();
    if (ms === 0) return false;
    const now = performance.now();
    const since = (this.#sinceMs ??= now);
    const leftMs = since + ms - now;
    if (leftMs <= 0) return false;
    for (let at = bytes.indexOf(NEWLINE, this.#countedTo); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.#lines++;
    }
    this.#countedTo = bytes.length;
    if (this.#lines >= lines()) return false;
    this.#timer ??= setTimeout(this.#gate.open, leftMs);
    return true;
  }
}
