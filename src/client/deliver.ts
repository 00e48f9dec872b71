import { NumberedLines } from './numbered-lines.ts';
import { PlainLines } from './plain-lines.ts';
import { PostedLines } from './posted-lines.ts';
import { senderNamed } from './producer-name.ts';
import type { LinkOptions } from './link.ts';
import type { TokenOptions } from './secrecy.ts';
import { parseSocket } from './target.ts';

/** Gives lines to whoever listens at an address, in the way that it takes them. */

/** Somebody who takes lines. */
export interface Receiver {
  /** Gives whole lines out; resolves when more can be given. The bytes are used until then, and not after. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Resolves when all has arrived, as far as the other side tells. */
  readonly end: () => Promise<void>;
  /** Lets go of it, whatever has arrived. */
  readonly abort: () => void;
}

export interface DeliverOptions extends TokenOptions {
  /** Whether the other side is a millrace with `--ack`. */
  readonly ack: boolean;
  /** The name under which lines are numbered; undefined makes one that is used but once. */
  readonly producer: string | undefined;
  readonly tls: LinkOptions['tls'];
  /** Time for which to try again. */
  readonly retryMs: number;
  /** Aborted when nothing is tried again any more. */
  readonly stopped: AbortSignal;
}

/** Connects to `to`; rejects with MILLRACE_SEND, with MILLRACE_INSECURE, or with MILLRACE_USAGE where it is no address. */
export async function deliverTo(to: string, options: DeliverOptions): Promise<Receiver> {
  const sender = senderNamed(options.producer);
  if (/^https?:/i.test(to)) return new PostedLines(to, { ...options, ...sender });
  const address = parseSocket(to, options);
  if (options.ack) return new NumberedLines({ ...options, ...sender, address });
  return PlainLines.connect(address, options);
}
