import { RunAccount } from '../../src/pipeline/account.ts';
import type { Chunk } from '../../src/pipeline/chunk.ts';
import { ChunkMerge } from '../../src/pipeline/merge.ts';
import type { Origin } from '../../src/source/contract.ts';
import type { OnError } from '../../src/pipeline/run-options.ts';
import { placeOf } from '../worker/slots.ts';
import { FakeOutput } from './fake-output.ts';

/** A merge of one chunk, with what it puts out and accounts for. */

export const LINE_BYTES_MAX = 1000;
/** Where the chunk begins in its source, and how many lines of the source come before it. */
export const BASE = 5000;
export const LINES_BEFORE = 70;

/** `originOf` tells where lines stood first, if that was elsewhere. */
export function mergeOf(
  onError: OnError,
  chunk: Chunk,
  originOf?: (linesBefore: number) => Origin | undefined,
) {
  const output = new FakeOutput();
  const account = new RunAccount();
  const { merger } = placeOf('wasm');
  const options = {
    output,
    merger,
    account,
    onError,
    lineBytesMax: LINE_BYTES_MAX,
  };
  return { output, account, merge: new ChunkMerge(options, chunk, 'in.ndjson', LINES_BEFORE, originOf) };
}
