import { fstatSync, read as readFd } from 'node:fs';
import { promisify } from 'node:util';
import { MillraceError } from '../base/errors.ts';
import { AT_START, type Source, type SourceSpec } from './contract.ts';
import { noPosition, readError, StreamedInput } from './streamed.ts';

/**
 * Standard input: a pipe, a terminal, a socket, or a file that the shell redirected.
 *
 * A pipe cannot be read again, so it has no id in the journal: what was read and not committed is lost with a crash.
 */

const NAME = 'standard input';

export function stdinSource(): SourceSpec {
  return {
    name: '-',
    id: undefined,
    check: checkStdin,
    open: () =>
      Promise.resolve(fstatSync(0).isFile() ? new RedirectedFile() : new StreamedInput(process.stdin, NAME)),
  };
}

async function checkStdin(): Promise<number | undefined> {
  const found = fstatSync(0);
  if (found.isDirectory()) {
    throw new MillraceError('MILLRACE_SOURCE_DIRECTORY', `cannot read ${NAME}: it is a directory`, {
      hint: 'name its files, for example "DIR/*.ndjson"',
    });
  }
  return found.isFile() ? found.size : undefined;
}

class RedirectedFile implements Source {
  readonly start = AT_START;
  readonly position = noPosition;

  readable(): undefined {
    return undefined;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      return (await promisify(readFd)(0, into, 0, into.length, null)).bytesRead;
    } catch (error) {
      throw readError(NAME, error);
    }
  }

  async close(): Promise<void> {
    // The descriptor belongs to the process.
  }
}
