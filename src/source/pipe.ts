import { open, statSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { openError } from '../base/open-error.ts';
import type { SourceSpec } from './contract.ts';
import { StreamedInput } from './streamed.ts';

/**
 * A pipe that has a path: one made with mkfifo, or what a shell makes of `<(zcat old.gz)`.
 *
 * Like standard input it cannot be read again, so it has no id in the journal.
 */
export function pipeSource(name: string): SourceSpec {
  return {
    name,
    id: undefined,
    live: false,
    check: async () => {
      await access(name, constants.R_OK).catch((error: unknown) => {
        throw openError(name, error);
      });
      return undefined;
    },
    open: () => openPipe(name),
  };
}

/** Whether there is a pipe. Why a path cannot be looked at is told where it is opened. */
export function isPipe(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  } catch {
    return false;
  }
}

/**
 * Does not wait until somebody opens the pipe to write: nothing could end that. As a socket it can be closed while a read
 * is waiting.
 */
async function openPipe(name: string): Promise<StreamedInput> {
  try {
    const fd = await promisify(open)(name, constants.O_RDONLY | constants.O_NONBLOCK);
    return new StreamedInput(new Socket({ fd, readable: true, writable: false }), `"${name}"`);
  } catch (error) {
    throw openError(name, error);
  }
}
