import { describe, expect, test } from 'vitest';
import { RunAccount } from '../../src/pipeline/account.ts';
import { ChunkPool } from '../../src/pipeline/chunk-pool.ts';
import type { Chunk } from '../../src/pipeline/chunks.ts';
import { Gather, type Gathered } from '../../src/pipeline/gather.ts';
import { Handover } from '../../src/pipeline/handover.ts';
import type { OnError } from '../../src/pipeline/run-options.ts';
import type { Part } from '../../src/pipeline/scatter.ts';
import { SourceBook } from '../../src/pipeline/source-book.ts';
import { AT_START, type Source } from '../../src/source/contract.ts';
import type { BatchResult } from '../../src/worker/protocol.ts';
import { FakeOutput } from './fake-output.ts';

class FakeLane {
  readonly recycled: ArrayBuffer[] = [];

  recycle(buffer: ArrayBuffer): void {
    this.recycled.push(buffer);
  }
}

/** A result as of a batch that replaced each of `lines` lines by `text`. */
function resultOf(text: string, lines = 1): BatchResult {
  const out = new Uint8Array(Buffer.from(`${text}\n`.repeat(lines)));
  return { lines, blank: 0, kept: lines, dropped: 0, written: lines, out, dead: [], busyMs: 1 };
}

function deadResult(): BatchResult {
  const dead = [
    { index: 0, start: 0, members: '"reason":"invalid-json","error":{"message":"no"},"event":"x"' },
  ];
  return { lines: 1, blank: 0, kept: 0, dropped: 0, written: 0, out: new Uint8Array(0), dead, busyMs: 1 };
}

async function stage(onError: OnError = 'dead-letter') {
  const closed: number[] = [];
  const sourceOf = (number: number): Source => ({
    start: AT_START,
    readable: () => undefined,
    read: async () => 0,
    position: async reached => ({ ...reached, number }),
    close: async () => void closed.push(number),
  });
  const specs = [0, 1].map(number => ({
    name: `source-${number}`,
    id: `id-${number}`,
    check: async () => 100,
    open: async () => sourceOf(number),
  }));
  const sources = new SourceBook(specs, [100, 100]);
  for (const number of [0, 1]) await sources.open(number, {});
  const output = new FakeOutput();
  const account = new RunAccount();
  const pool = new ChunkPool(2, 100);
  const lane = new FakeLane();
  const gather = new Gather({
    output,
    sources,
    account,
    pool,
    onError,
    sourceNames: specs.map(({ name }) => name),
    lineBytesMax: 100,
  });
  const chunkTo = async (endOffset: number): Promise<Chunk> => ({
    slot: await pool.take(),
    from: 0,
    to: 1,
    base: 0,
    endOffset,
    unfinished: false,
    refused: undefined,
  });
  const wholeOf = (chunk: Chunk, source: number, results: Promise<readonly BatchResult[]>): Gathered => ({
    kind: 'whole',
    chunk,
    source,
    lines: 0,
    parts: [{ number: 0, lane: lane as unknown as Part['lane'], results }],
  });
  return { gather, output, account, pool, lane, sources, closed, chunkTo, wholeOf };
}

describe('Gather', () => {
  test('puts chunks out in the order in which it is given them, whichever is done first', async () => {
    const { gather, output, chunkTo, wholeOf, account, sources } = await stage();
    const first = deferred<BatchResult[]>();
    const chunks = [
      wholeOf(await chunkTo(10), 0, first.promise),
      wholeOf(await chunkTo(25), 0, Promise.resolve([resultOf('2'), resultOf('3', 2)])),
    ];
    const taking = (async () => {
      for (const chunk of chunks) await gather.take(chunk);
    })();
    await new Promise(setImmediate);
    expect(output.text).toBe('');
    first.resolve([resultOf('1')]);
    await taking;
    expect(output.text).toBe('1\n2\n3\n3\n');
    expect(output.chunks).toEqual([1, 3]);
    expect(sources.reached(0)).toEqual({ offset: 25, line: 4, unfinished: false });
    expect(account).toMatchObject({ read: 4, kept: 4, written: 4, bytesRead: 25, bytesWritten: 8 });
  });

  test('gives the slot to the next chunk and the memory of the results to their lane, and not before', async () => {
    const { gather, output, pool, lane, chunkTo, wholeOf } = await stage();
    const result = resultOf('1');
    const chunk = wholeOf(await chunkTo(10), 0, Promise.resolve([result]));
    await pool.take();
    let given = false;
    const next = pool.take().then(() => (given = true));
    const hold = deferred<void>();
    output.holdBack = hold.promise;
    const taking = gather.take(chunk);
    await new Promise(setImmediate);
    expect([given, lane.recycled, output.text]).toEqual([false, [], '']);
    hold.resolve();
    await taking;
    await next;
    expect(lane.recycled).toEqual([result.out.buffer]);
  });

  test('counts the lines of each source for itself, and closes a source that is at its end', async () => {
    const { gather, sources, closed, chunkTo, wholeOf } = await stage();
    await gather.take(wholeOf(await chunkTo(10), 0, Promise.resolve([resultOf('1', 5)])));
    await gather.take({ kind: 'source-end', source: 0 });
    await gather.take(wholeOf(await chunkTo(7), 1, Promise.resolve([resultOf('1', 2)])));
    expect(await sources.takePositions()).toEqual({
      'id-0': { offset: 10, line: 5, unfinished: false, number: 0 },
      'id-1': { offset: 7, line: 2, unfinished: false, number: 1 },
    });
    expect(closed).toEqual([0]);
    expect(await sources.takePositions()).toEqual({});
  });

  test('makes a dead letter of a refused line, and goes on behind it', async () => {
    const { gather, output, account, sources, chunkTo } = await stage();
    const refused = {
      reason: 'line-too-long',
      excerpt: Buffer.from('xx'),
      lengthBytes: 500,
      offset: 0,
    } as const;
    await gather.take({ kind: 'refused', chunk: { ...(await chunkTo(501)), refused }, refused, source: 0 });
    expect(output.letters).toHaveLength(1);
    expect(account).toMatchObject({ read: 1, dead: 1, bytesRead: 501 });
    expect(sources.reached(0)).toEqual({ offset: 501, line: 1, unfinished: false });
  });

  test('rejects where the run is to stop at an event, after it has put out and accounted for those before', async () => {
    const { gather, output, account, sources, pool, chunkTo, wholeOf } = await stage('stop');
    const results = [resultOf('1'), deadResult()];
    await expect(gather.take(wholeOf(await chunkTo(20), 0, Promise.resolve(results)))).rejects.toMatchObject({
      code: 'MILLRACE_EVENT_FAILED',
    });
    expect(output.text).toBe('1\n');
    expect(output.chunks).toEqual([1]);
    expect(sources.reached(0).line).toBe(1);
    account.check();
    await Promise.all([pool.take(), pool.take()]);
  });

  test('rejects with what a lane has failed of', async () => {
    const { gather, chunkTo, wholeOf } = await stage();
    const failed = Promise.reject(new Error('the lane is gone'));
    await expect(gather.take(wholeOf(await chunkTo(20), 0, failed))).rejects.toThrow('the lane is gone');
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
