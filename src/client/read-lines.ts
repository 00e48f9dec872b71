import { MillraceError } from '../base/errors.ts';
import { CHUNK_BYTES } from '../base/limits.ts';
import type { SourceSpec } from '../source/contract.ts';
import type { LineEnds } from './line-ends.ts';

const NEWLINE = 0x0a;

/**
 * The bytes of the sources, one after the other, in pieces of whole lines. A last line that lacks its newline gets one, unless
 * `ends` leaves it; nothing is read behind a line that was left. Rejects with MILLRACE_SEND at a line that is longer than
 * `lineBytesMax`. When `signal` is aborted, what is being read is closed.
 */
export async function* readLines(
  specs: readonly SourceSpec[],
  lineBytesMax: number,
  signal: AbortSignal,
  ends?: LineEnds,
): AsyncGenerator<Buffer, void, void> {
  for (const spec of specs) {
    const source = await spec.open({});
    ends?.begin(spec.name, spec === specs.at(-1));
    let rest = Buffer.alloc(0);
    const close = (): void => void source.close();
    signal.addEventListener('abort', close);
    try {
      for (;;) {
        for (let wait = source.readable(); wait !== undefined; wait = source.readable()) await wait;
        const piece = Buffer.allocUnsafe(CHUNK_BYTES / 4);
        const length = await source.read(piece);
        if (length === 'end') break;
        const end = piece.subarray(0, length).lastIndexOf(NEWLINE) + 1;
        const lines = end > 0 ? Buffer.concat([rest, piece.subarray(0, end)]) : undefined;
        if (lines !== undefined) {
          ends?.passed(lines);
          yield lines;
        }
        rest = Buffer.concat(end > 0 ? [piece.subarray(end, length)] : [rest, piece.subarray(0, length)]);
        if (rest.length > lineBytesMax) throw tooLong(spec.name, lineBytesMax);
      }
      if (rest.length > 0 && (ends === undefined || ends.maySend(rest))) {
        const last = Buffer.concat([rest, Buffer.from([NEWLINE])]);
        ends?.passed(last);
        yield last;
      }
      if (ends?.hasLeft === true) return;
    } finally {
      signal.removeEventListener('abort', close);
      await source.close();
    }
  }
}

function tooLong(name: string, lineBytesMax: number): MillraceError {
  return new MillraceError(
    'MILLRACE_SEND',
    `cannot send "${name}": a line has more than ${lineBytesMax} bytes`,
  );
}
