import { describe, expect, test } from 'vitest';
import { LineState, Outcome } from '../../src/kernel/line-table.ts';
import { loadMerger } from '../../src/kernel/load.ts';
import { RunAccount } from '../../src/pipeline/account.ts';
import { ChunkPool, type Slot } from '../../src/pipeline/chunk-pool.ts';
import type { Chunk } from '../../src/pipeline/chunk.ts';
import { Gather, type Gathered } from '../../src/pipeline/gather.ts';
import { Handover } from '../../src/pipeline/handover.ts';
import type { OnError } from '../../src/pipeline/run-options.ts';
import { type OpenSource, SourceBook } from '../../src/pipeline/source-book.ts';
import { AT_START, type Source } from '../../src/source/contract.ts';
import type { BatchResult } from '../../src/worker/protocol.ts';
import { FakeOutput } from './fake-output.ts';

/** Lines of every chunk of these tests; the n-th is the number n. */
const LINES_MAX = 9;

/** The result of a batch up to before line `linesTo`, all of whose lines are passed on but for those that are dead. */
function resultTo(linesTo: number, deadLine?: number): BatchResult {
  const dead =
    deadLine === undefined
      ? []
      : [
          {
            line: deadLine,
            start: deadLine * 2,
            members: '"reason":"invalid-json","error":{"message":"no"},"event":"x"',
          },
        ];
  return {
    linesTo,
    dead,
    overflow: [],
    emitted: [],
    state: undefined,
    ways: { inPart: linesTo, whole: 1 },
    busyMs: 1,
  };
}

/** Writes the lines 0 to 8 into the slot, each one a digit, as passed on; `deadLine` as dead. */
function fill({ bytes, table }: Slot, deadLine?: number): void {
  for (let line = 0; line < LINES_MAX; line++) {
    bytes.set(Buffer.from(`${line}\n`), line * 2);
    table.starts[line] = line * 2;
    table.ends[line] = line * 2 + 1;
    table.states[line] = LineState.valid;
    table.outcomes[line] = line === deadLine ? Outcome.dead : Outcome.passed;
  }
}

async function stage(onError: OnError = 'dead-letter') {
  const closed: number[] = [];
  const sourceOf = (number: number): Source => ({
    start: AT_START,
    readable: () => undefined,
    read: async () => 0,
    positions: async reached => ({ [`id-${number}`]: { ...reached, number } }),
    close: async () => void closed.push(number),
  });
  const specs = [0, 1].map(number => ({
    name: `source-${number}`,
    id: `id-${number}`,
    live: false,
    check: async () => 100,
    open: async () => sourceOf(number),
  }));
  const sources = new SourceBook([100, 100]);
  const opened: OpenSource[] = [];
  for (const spec of specs) opened.push(await sources.open(spec, {}));
  const output = new FakeOutput();
  const account = new RunAccount();
  const pool = new ChunkPool(2, 100, 1);
  const gather = new Gather({
    output,
    merger: loadMerger(pool.wasm, 0),
    sources,
    account,
    pool,
    onError,
    lineBytesMax: 100,
  });
  const chunkTo = async (endOffset: number, deadLine?: number): Promise<Chunk> => {
    const slot = await pool.take();
    fill(slot, deadLine);
    return { slot, from: 0, to: LINES_MAX * 2, base: 0, endOffset, unfinished: false, refused: undefined };
  };
  const [one, two] = opened as [OpenSource, OpenSource];
  return { gather, output, account, pool, sources, one, two, closed, chunkTo };
}

function handled(chunk: Chunk, source: OpenSource, results: Promise<readonly BatchResult[]>): Gathered {
  return { kind: 'dispatched', chunk, source, results };
}

describe('Gather', () => {
  test('puts chunks out in the order in which it is given them, whichever is done first', async () => {
    const { gather, output, chunkTo, account, one } = await stage();
    const first = deferred<BatchResult[]>();
    const chunks = [
      handled(await chunkTo(10), one, first.promise),
      handled(await chunkTo(25), one, Promise.resolve([resultTo(1), resultTo(3)])),
    ];
    const taking = (async () => {
      for (const chunk of chunks) await gather.take(chunk);
    })();
    await new Promise(setImmediate);
    expect(output.text).toBe('');
    first.resolve([resultTo(1)]);
    await taking;
    expect(output.text).toBe('0\n0\n1\n2\n');
    expect(output.chunks).toEqual([1, 3]);
    expect(one.reached).toEqual({ offset: 25, line: 4, unfinished: false });
    expect(account).toMatchObject({ read: 4, kept: 4, written: 4, bytesRead: 25, bytesWritten: 8 });
    expect(account).toMatchObject({ inPart: 5, whole: 3 });
  });

  test('gives the slot to the next chunk as soon as it is put out, and not before', async () => {
    const { gather, output, pool, one, chunkTo } = await stage();
    const chunk = handled(await chunkTo(10), one, Promise.resolve([resultTo(1)]));
    await pool.take();
    let given = false;
    const next = pool.take().then(() => (given = true));
    const hold = deferred<void>();
    output.holdBack = hold.promise;
    const taking = gather.take(chunk);
    await new Promise(setImmediate);
    expect([given, output.text]).toEqual([false, '']);
    hold.resolve();
    await taking;
    await next;
    expect(output.text).toBe('0\n');
  });

  test('counts the lines of each source for itself, and closes a source that is at its end', async () => {
    const { gather, sources, one, two, closed, chunkTo } = await stage();
    await gather.take(handled(await chunkTo(10), one, Promise.resolve([resultTo(5)])));
    await gather.take({ kind: 'source-end', source: one });
    await gather.take(handled(await chunkTo(7), two, Promise.resolve([resultTo(2)])));
    expect(await sources.take().positions()).toEqual({
      'id-0': { offset: 10, line: 5, unfinished: false, number: 0 },
      'id-1': { offset: 7, line: 2, unfinished: false, number: 1 },
    });
    expect(closed).toEqual([0]);
    expect(await sources.take().positions()).toEqual({});
  });

  test('makes a dead letter of a refused line, and goes on behind it', async () => {
    const { gather, output, account, one, chunkTo } = await stage();
    const refused = {
      reason: 'line-too-long',
      excerpt: Buffer.from('xx'),
      lengthBytes: 500,
      offset: 0,
    } as const;
    await gather.take({ kind: 'chunk', chunk: { ...(await chunkTo(501)), refused }, source: one });
    expect(output.letters).toHaveLength(1);
    expect(account).toMatchObject({ read: 1, dead: 1, bytesRead: 501 });
    expect(one.reached).toEqual({ offset: 501, line: 1, unfinished: false });
  });

  test('rejects where the run is to stop at an event, after it has put out and accounted for those before', async () => {
    const { gather, output, account, one, pool, chunkTo } = await stage('stop');
    const chunk = await chunkTo(20, 2);
    await expect(gather.take(handled(chunk, one, Promise.resolve([resultTo(3, 2)])))).rejects.toMatchObject({
      code: 'MILLRACE_EVENT_FAILED',
    });
    expect(output.text).toBe('0\n1\n');
    expect(output.chunks).toEqual([2]);
    expect(one.reached).toEqual({ offset: 4, line: 2, unfinished: false });
    expect(account.bytesRead).toBe(4);
    account.check();
    await Promise.all([pool.take(), pool.take()]);
  });

  test('rejects with what a lane has failed of', async () => {
    const { gather, one, chunkTo } = await stage();
    const failed = Promise.reject(new Error('the lane is gone'));
    await expect(gather.take(handled(await chunkTo(20), one, failed))).rejects.toThrow('the lane is gone');
  });
});

describe('Handover', () => {
  test('gives items in their order, to who waits and to who comes later, and then nothing', async () => {
    const handover = new Handover<number>();
    const waiting = handover.take();
    handover.push(1);
    handover.push(2);
    handover.end();
    expect([await waiting, await handover.take(), await handover.take(), await handover.take()]).toEqual([
      1,
      2,
      undefined,
      undefined,
    ]);
  });

  test('that ends lets who waits go', async () => {
    const handover = new Handover<number>();
    const waiting = handover.take();
    handover.end();
    expect(await waiting).toBeUndefined();
  });
});

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>(keep => {
    resolve = keep;
  });
  return { promise, resolve };
}
