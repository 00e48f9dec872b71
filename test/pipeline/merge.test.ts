import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Handler } from '../../src/index.ts';
import { BLANK } from '../../src/kernel/line-table.ts';
import { RunAccount } from '../../src/pipeline/account.ts';
import { ChunkPool, type Slot } from '../../src/pipeline/chunk-pool.ts';
import type { Chunk } from '../../src/pipeline/chunks.ts';
import { ChunkMerge } from '../../src/pipeline/merge.ts';
import type { OnError } from '../../src/pipeline/run-options.ts';
import type { Dispatched, Part } from '../../src/pipeline/scatter.ts';
import { type BatchLines, type BatchResult, Progress } from '../../src/worker/protocol.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { FakeOutput } from './fake-output.ts';

/** What becomes of a chunk when its lines are handled by several lanes, whose batches may have been taken apart. */

const LINE_BYTES_MAX = 1000;
const BASE = 5000;
const LINES_BEFORE = 70;
const LANES = 3;

/** Lines, with what they give: events, or nothing, or a dead letter with this reason. */
const LINES: readonly (readonly [line: string, fate: readonly string[] | string])[] = [
  ['', []],
  [' \t', []],
  ['{"pass":1}', ['{"pass":1}']],
  ['{ "pass": "é" }\r', ['{ "pass": "é" }\r']],
  ['{"drop":1}', []],
  ['{"give":[1]}', ['1']],
  ['{"give":[1,"€",{"a":[]}]}', ['1', '"€"', '{"a":[]}']],
  ['{"give":[]}', []],
  ['{"throw":1}', 'handler-threw'],
  ['oops', 'invalid-json'],
];

const handler: Handler = event => {
  if (event.throw) throw new Error('thrown');
  return event.pass ? true : event.give;
};

interface Laid {
  readonly chunk: Chunk;
  readonly lines: number;
  readonly starts: readonly number[];
}

const pool = new ChunkPool(1, 8 * 1024);
const slot: Slot = await pool.take();

/** Puts the lines into the slot, behind some bytes that are no part of the chunk, and into its table. */
function lay(lines: readonly string[], laneOf: readonly number[]): Laid {
  const from = 7;
  const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''));
  slot.bytes.fill(0x21);
  slot.bytes.set(bytes, from);
  const starts: number[] = [];
  let at = from;
  for (const [index, line] of lines.entries()) {
    starts.push(at);
    slot.table.starts[index] = at;
    at += Buffer.byteLength(line);
    slot.table.ends[index] = at++;
    slot.table.lanes[index] = line.trim() === '' ? BLANK : laneOf[index % laneOf.length]!;
    slot.table.rows[index] = -77;
  }
  const chunk: Chunk = {
    slot,
    from,
    to: at,
    base: BASE,
    endOffset: BASE + at,
    unfinished: false,
    refused: undefined,
  };
  return { chunk, lines: lines.length, starts };
}

function runLines(lines: BatchLines, stopAtDead: boolean): Promise<BatchResult> {
  const env = {
    handler,
    slots: [
      { bytes: Buffer.from(slot.bytes.buffer, slot.bytes.byteOffset, slot.bytes.length), table: slot.table },
    ],
    sourceNames: ['in.ndjson'],
    scanner: undefined,
    progress: new Int32Array(Progress.fields),
    lineBytesMax: LINE_BYTES_MAX,
    timeoutMs: 0,
    stopAtDead,
  };
  return runBatch(env, { slot: 0, source: 0, base: BASE, text: 'utf8', lines, attempt: 1, spare: undefined });
}

/** The results of the lanes, each of them in one piece or in two, as after the death of a thread. */
async function scatter({ chunk, lines }: Laid, cuts: readonly number[], stopAtDead: boolean) {
  const parts: Part[] = [];
  const results: BatchResult[][] = [];
  for (let lane = 0; lane < LANES; lane++) {
    if (!slot.table.lanes.subarray(0, lines).includes(lane)) continue;
    const cut = Math.min(cuts[lane]!, lines);
    const own: BatchResult[] = [];
    for (const [from, to] of [
      [0, cut],
      [cut, lines],
    ] as const) {
      if (!slot.table.lanes.subarray(from, to).includes(lane)) continue;
      own.push(await runLines({ kind: 'listed', lane, from, to }, stopAtDead));
    }
    results.push(own);
    parts.push({ number: lane, results: Promise.resolve(own), lane: undefined as never });
  }
  const dispatched: Dispatched = { kind: 'scattered', chunk, source: 0, lines, parts };
  return { dispatched, results };
}

/** The chunk's lines as one lane has them, in one piece or in two. */
async function whole({ chunk, starts }: Laid, cut: number, stopAtDead: boolean): Promise<BatchResult[]> {
  const middle = starts[cut % starts.length]!;
  const ranges = [
    [chunk.from, middle],
    [middle, chunk.to],
  ] as const;
  const results: BatchResult[] = [];
  for (const [from, to] of ranges)
    if (from < to) results.push(await runLines({ kind: 'range', from, to }, stopAtDead));
  return results;
}

type Lines = readonly (readonly [line: string, fate: readonly string[] | string])[];

/** Holds what a merge did to what the lines, taken one after the other, give. */
function expectMerged(
  lines: Lines,
  onError: OnError,
  laid: Laid,
  merge: ChunkMerge,
  output: FakeOutput,
  account: RunAccount,
): void {
  const firstDead = lines.findIndex(([, fate]) => typeof fate === 'string');
  const stops = onError === 'stop' && firstDead >= 0;
  const taken = stops ? lines.slice(0, firstDead) : lines;
  const events = taken.flatMap(([, fate]) => (typeof fate === 'string' ? [] : fate));
  const dead = taken.flatMap(([line, fate], at) =>
    typeof fate === 'string' ? [{ line, reason: fate, at }] : [],
  );
  const blank = taken.filter(([line]) => line.trim() === '').length;
  const kept = taken.filter(([, fate]) => typeof fate !== 'string' && fate.length > 0).length;

  expect(output.text).toBe(events.map(event => `${event}\n`).join(''));
  const letters = onError === 'skip' ? [] : dead;
  expect(output.letters.map(letter => JSON.parse(letter) as unknown)).toEqual(
    letters.map(({ line, reason, at }) =>
      expect.objectContaining({
        source: 'in.ndjson',
        line: LINES_BEFORE + at + 1,
        offset: BASE + laid.starts[at]!,
        reason,
        event: line,
      }),
    ),
  );
  expect(merge.written).toBe(events.length);
  expect(account).toMatchObject({
    read: taken.length - blank,
    blank,
    kept,
    dropped: taken.length - blank - kept - dead.length,
    dead: dead.length,
    written: events.length,
    bytesWritten: Buffer.byteLength(output.text),
  });
  account.check();
  const { at, failed } = merge.outcome();
  const offset = stops ? BASE + laid.starts[firstDead]! : laid.chunk.endOffset;
  expect(at).toEqual({ offset, line: LINES_BEFORE + taken.length, unfinished: false });
  if (!stops) expect(failed).toBeUndefined();
  else {
    expect(failed).toMatchObject({ code: 'MILLRACE_EVENT_FAILED' });
    expect(failed!.message).toContain(`"in.ndjson" line ${LINES_BEFORE + firstDead + 1} (offset ${offset})`);
  }
}

function mergeOf(onError: OnError, chunk: Chunk) {
  const output = new FakeOutput();
  const account = new RunAccount();
  const options = { output, account, onError, sourceNames: ['in.ndjson'], lineBytesMax: LINE_BYTES_MAX };
  return { output, account, merge: new ChunkMerge(options, chunk, 0, LINES_BEFORE) };
}

const someLines = fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength: 14 });
const someLanes = fc.array(fc.nat(LANES - 1), { minLength: 1, maxLength: 14 });
const someCuts = fc.array(fc.nat(14), { minLength: LANES, maxLength: LANES });
const someOnError = fc.constantFrom<OnError>('dead-letter', 'skip', 'stop');

describe('ChunkMerge', () => {
  test('puts what several lanes made of a chunk into the order of its lines, and accounts for every line', async () => {
    await fc.assert(
      fc.asyncProperty(someLines, someLanes, someCuts, someOnError, async (lines, laneOf, cuts, onError) => {
        const laid = lay(
          lines.map(([line]) => line),
          laneOf,
        );
        const { dispatched, results } = await scatter(laid, cuts, onError === 'stop');
        const { merge, output, account } = mergeOf(onError, laid.chunk);
        merge.scattered(dispatched, results);
        expectMerged(lines, onError, laid, merge, output, account);
      }),
      { numRuns: 500 },
    );
  });

  test('takes over what one lane made of a whole chunk, and accounts for every line', async () => {
    await fc.assert(
      fc.asyncProperty(someLines, fc.nat(14), someOnError, async (lines, cut, onError) => {
        const laid = lay(
          lines.map(([line]) => line),
          [0],
        );
        const results = await whole(laid, cut, onError === 'stop');
        const { merge, output, account } = mergeOf(onError, laid.chunk);
        merge.whole(results);
        expectMerged(lines, onError, laid, merge, output, account);
      }),
      { numRuns: 300 },
    );
  });

  test('puts out neighbouring bytes in one piece', async () => {
    const laid = lay(
      ['{"pass":1}', '{"pass":2}', '{"give":[1]}', '{"give":[2,3]}', '{"drop":1}', '{"give":[4]}'],
      [0],
    );
    const { dispatched, results } = await scatter(laid, [0, 0, 0], false);
    const { merge, output } = mergeOf('dead-letter', laid.chunk);
    merge.scattered(dispatched, results);
    expect(output.pieces).toEqual(['{"pass":1}\n{"pass":2}\n', '1\n2\n3\n4\n']);
  });

  test.each([
    ['line-too-long', 'the line is longer than 1000 bytes'],
    ['line-continued', 'the line goes on from one that was handled when it had no newline yet'],
  ] as const)('makes a dead letter of a line that was refused as %s', (reason, message) => {
    const refused = { reason, excerpt: Buffer.from('"abc'), lengthBytes: 2000, offset: 900 };
    const chunk: Chunk = { slot, from: 9, to: 9, base: 0, endOffset: 2901, unfinished: false, refused };
    for (const onError of ['dead-letter', 'skip', 'stop'] as const) {
      const { merge, output, account } = mergeOf(onError, chunk);
      merge.refused(refused);
      const stops = onError === 'stop';
      expect(merge.outcome().at).toEqual({
        offset: stops ? 900 : 2901,
        // What goes on from a line that was counted before is no new line.
        line: LINES_BEFORE + (stops || reason === 'line-continued' ? 0 : 1),
        unfinished: false,
      });
      expect(merge.outcome().failed?.code).toBe(stops ? 'MILLRACE_EVENT_FAILED' : undefined);
      expect(account).toMatchObject(stops ? { read: 0, dead: 0 } : { read: 1, dead: 1 });
      const letter = {
        source: 'in.ndjson',
        line: LINES_BEFORE + 1,
        offset: 900,
        reason,
        error: { message },
        eventBytes: 2000,
        event: '"abc',
      };
      if (reason === 'line-too-long') {
        expect(output.letters.map(text => JSON.parse(text) as unknown)).toEqual(
          onError === 'dead-letter' ? [letter] : [],
        );
      }
    }
  });

  test('does not take less from a lane than its rows say', async () => {
    const laid = lay(['{"give":[1]}', '{"give":[2]}', '{"throw":1}'], [0]);
    const { dispatched, results } = await scatter(laid, [0, 0, 0], false);
    const short = [[{ ...results[0]![0]!, out: results[0]![0]!.out.subarray(0, 2) }]];
    expect(() => mergeOf('skip', laid.chunk).merge.scattered(dispatched, short)).toThrow('less output');
    const undead = [[{ ...results[0]![0]!, dead: [] }]];
    expect(() => mergeOf('skip', laid.chunk).merge.scattered(dispatched, undead)).toThrow('fewer dead lines');
  });
});

describe('RunAccount', () => {
  test('does not close while an event is missing', () => {
    const account = new RunAccount();
    account.read = 2;
    account.addHandled({ kept: 1, dropped: 0, written: 5 });
    expect(() => account.check()).toThrow('the account does not close: read 2 ≠ kept 1 + dropped 0 + dead 0');
    account.dead = 1;
    account.check();
  });
});
