import type { MillraceError } from '../base/errors.ts';
import { LINE_BYTES_LIMIT, UNPACK_RATIO_MAX, UNPACKED_BYTES_MAX } from '../base/limits.ts';
import { resolveFiles } from '../source/table.ts';
import { LineEnds } from './line-ends.ts';
import { producerNameOf, senderNamed } from './producer-name.ts';
import { readLines } from './read-lines.ts';
import { send, type SendOptions, type Sent } from './send.ts';
import { parseTarget } from './target.ts';

export interface SendFilesOptions extends Omit<SendOptions, 'address' | 'producer' | 'isOnce' | 'onBegun'> {
  /** Under which all lines are numbered as one; undefined numbers those of each file for themselves. */
  readonly producer: string | undefined;
  readonly insecure: boolean;
  /** Told of each line that is not sent, or not as a whole, because of where its newline is. All others are sent. */
  readonly onUnsent: (error: MillraceError) => void;
}

/** Sends the lines of files, globs, pipes or standard input ("-") to the address that `to` names. */
export async function sendFiles(
  to: string,
  inputs: readonly string[],
  { producer, onUnsent, ...options }: SendFilesOptions,
): Promise<Sent> {
  const address = parseTarget(to, options);
  const unpack = { bytesMax: UNPACKED_BYTES_MAX, ratioMax: UNPACK_RATIO_MAX };
  const specs = await resolveFiles(inputs, unpack);
  for (const spec of specs) await spec.check();
  let [lines, earlier] = [0, 0];
  const reading = new AbortController();
  try {
    for (const group of producer === undefined ? specs.map(spec => [spec]) : [specs]) {
      const name = producer ?? (await producerNameOf(group[0]!));
      // What has no name that comes again will not grow: all of it is sent.
      const ends = name === undefined ? undefined : new LineEnds(onUnsent);
      const sent = await send(readLines(group, LINE_BYTES_LIMIT, reading.signal, ends), {
        ...options,
        address,
        ...senderNamed(name),
        ...(ends && { onBegun: committed => (ends.committed = committed) }),
      });
      lines += sent.lines;
      earlier += sent.earlier;
    }
  } finally {
    // Where sending has failed, reading may still wait for more.
    reading.abort();
  }
  return { lines, earlier };
}
