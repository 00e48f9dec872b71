import { fstat, fstatSync, read as readFd, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { MillraceError } from '../base/errors.ts';
import type { SourceSpec } from './contract.ts';
import { type OpenFile, openFile } from './file.ts';
import { identityOf } from './fingerprint.ts';
import { StreamedInput } from './streamed.ts';

/**
 * Standard input: a pipe, a terminal, a socket, or a file that the shell redirected.
 *
 * A file goes on where it was left, like one that was named. A pipe cannot be read again, so it has no id in the
 * journal: what was read and not committed is lost with a crash, unless it is spooled.
 */

const NAME = 'standard input';

export function stdinSource(): SourceSpec {
  const found = fstatSync(0, { bigint: true });
  if (!found.isFile()) {
    const open = () => Promise.resolve(new StreamedInput(process.stdin, NAME));
    return { name: '-', id: undefined, live: false, check: checkStream, open };
  }
  // Another file that is redirected the next time is another source.
  const { dev, ino } = identityOf(found);
  const opened: OpenFile = { name: NAME, id: `- ${dev}:${ino}`, file: FILE, close: async () => undefined };
  return {
    name: '-',
    id: opened.id,
    live: false,
    check: () => Promise.resolve(Number(found.size)),
    open: positions => openFile(opened, positions, startOffset()),
  };
}

async function checkStream(): Promise<undefined> {
  if (!fstatSync(0).isDirectory()) return undefined;
  throw new MillraceError('MILLRACE_SOURCE_DIRECTORY', `cannot read ${NAME}: it is a directory`, {
    hint: 'name its files, for example "DIR/*.ndjson"',
  });
}

/** The descriptor, which belongs to the process, by the calls of an opened file. */
const FILE = {
  read: (into: Uint8Array, offset: number, length: number, position: number) =>
    promisify(readFd)(0, into, offset, length, position),
  stat: () => promisify(fstat)(0, { bigint: true }),
} as unknown as OpenFile['file'];

/** Where whoever had the descriptor before has left it, as in `{ read -r head; millrace run …; } < file`. */
function startOffset(): number {
  try {
    return Number(/^pos:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
