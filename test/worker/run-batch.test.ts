import { isAscii, isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Handler } from '../../src/index.ts';
import { type LineTable, Row } from '../../src/kernel/line-table.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { PathScanner } from '../../src/kernel/scan.ts';
import { type BatchLines, type BatchResult, Progress } from '../../src/worker/protocol.ts';
import { type BatchEnvironment, runBatch } from '../../src/worker/run-batch.ts';

const LINE_BYTES_MAX = 60;
const LANE = 4;

interface Chunk {
  readonly bytes: Buffer;
  readonly table: LineTable;
  readonly lines: readonly string[];
}

function chunkOf(lines: readonly string[]): Chunk {
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += Buffer.byteLength(line, 'latin1') + 1;
  }
  // Latin-1, so that a test can write any byte.
  const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''), 'latin1');
  const table = {
    starts: Int32Array.from(starts),
    ends: Int32Array.from(lines, (line, index) => starts[index]! + line.length),
    lanes: new Uint8Array(lines.length).fill(LANE),
    rows: new Int32Array(lines.length).fill(-77),
  };
  return { bytes, table, lines };
}

interface Setting {
  readonly stopAtDead?: boolean;
  readonly timeoutMs?: number;
  readonly key?: string;
}

function environment({ bytes, table }: Chunk, handler: Handler, setting: Setting = {}): BatchEnvironment {
  const { stopAtDead = false, timeoutMs = 0, key } = setting;
  return {
    handler,
    slots: [{ bytes, table }],
    sourceNames: ['in.ndjson'],
    scanner: key === undefined ? undefined : new PathScanner(parsePath(key)),
    progress: new Int32Array(Progress.fields),
    lineBytesMax: LINE_BYTES_MAX,
    timeoutMs,
    stopAtDead,
  };
}

function run(
  chunk: Chunk,
  handler: Handler,
  kind: 'range' | 'listed',
  setting?: Setting,
): Promise<BatchResult> {
  const { bytes, lines } = chunk;
  const batchLines: BatchLines =
    kind === 'range' ? { kind, from: 0, to: bytes.length } : { kind, lane: LANE, from: 0, to: lines.length };
  const text = isAscii(bytes) ? 'ascii' : isUtf8(bytes) ? 'utf8' : 'bytes';
  const task = {
    slot: 0,
    source: 0,
    base: 1000,
    text,
    lines: batchLines,
    attempt: 1,
    spare: undefined,
  } as const;
  return runBatch(environment(chunk, handler, setting), task);
}

/** The output in the order of the lines, with lines that were passed on put in where they belong. */
function outputOf({ bytes, table, lines }: Chunk, result: BatchResult, kind: 'range' | 'listed'): string {
  const out = Buffer.from(result.out);
  if (kind === 'range') return out.toString('latin1');
  let at = 0;
  const parts = lines.map((_, line) => {
    const row = table.rows[line]!;
    if (row === Row.passed) return bytes.toString('latin1', table.starts[line], table.ends[line]! + 1);
    const from = at;
    at += Math.max(0, row);
    return out.toString('latin1', from, at);
  });
  expect(at).toBe(out.length);
  return parts.join('');
}

/** Lines, with what `handler` makes of them: its outputs, or the reason for which it is dead. */
const BEHAVIOURS: readonly (readonly [line: string, fate: readonly string[] | { readonly dead: string }])[] =
  [
    ['', []],
    [' \t\r', []],
    ['{"do":"pass", "n":9223372036854775807}', ['{"do":"pass", "n":9223372036854775807}']],
    ['{"do":"pass"}\r', ['{"do":"pass"}\r']],
    ['{"do":"drop"}', []],
    ['{"do":"replace","n":1}', ['{"n":1}']],
    ['{"do":"replace","n":"\\u20ac"}', ['{"n":"\xe2\x82\xac"}']],
    ['{"do":"each","n":2}', ['2', '{"do":"each","n":2}', '[2]']],
    ['{"do":"none"}', []],
    ['{"do":"bigint"}', { dead: 'bad-result' }],
    ['{"do":"half"}', { dead: 'bad-result' }],
    ['{"do":"throw"}', { dead: 'handler-threw' }],
    ['{"do":"reject"}', { dead: 'handler-threw' }],
    ['{"do":"later","n":3}', ['{"later":3}']],
    ['{"do":"then","n":4}', ['4']],
    ['{oops', { dead: 'invalid-json' }],
    ['"\xff"', { dead: 'invalid-utf8' }],
    [`"${'x'.repeat(LINE_BYTES_MAX)}"`, { dead: 'line-too-long' }],
  ];

async function later(n: number): Promise<unknown> {
  await new Promise(setImmediate);
  return { later: n };
}

const handler: Handler = event => {
  switch (event.do) {
    case 'pass':
      return true;
    case 'replace':
      return { n: event.n };
    case 'each':
      return [event.n, true, null, [event.n], false];
    case 'none':
      return [];
    case 'bigint':
      return 5n;
    case 'half':
      return ['written', () => 'not'];
    case 'throw':
      throw new Error('thrown');
    case 'reject':
      return Promise.reject(new Error('rejected'));
    case 'later':
      return later(event.n);
    case 'then':
      // oxlint-disable-next-line unicorn/no-thenable -- what an old library may return
      return { then: (resolve: (value: unknown) => void) => resolve(event.n) };
    default:
      return undefined;
  }
};

describe.each(['range', 'listed'] as const)('runBatch over lines that are %s', kind => {
  test('gives for each line, in order, what the handler made of it, and accounts for all', async () => {
    const someLines = fc.array(fc.constantFrom(...BEHAVIOURS), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(someLines, async behaviours => {
        const chunk = chunkOf(behaviours.map(([line]) => line));
        const result = await run(chunk, handler, kind);
        const outputs = behaviours.flatMap(([, fate]) => ('dead' in fate ? [] : fate));
        expect(outputOf(chunk, result, kind)).toBe(outputs.map(output => `${output}\n`).join(''));
        const dead = behaviours.flatMap(([, fate], index) =>
          'dead' in fate ? [{ index, start: chunk.table.starts[index]!, reason: fate.dead }] : [],
        );
        expect(
          result.dead.map(({ index, start, members }) => ({ index, start, reason: reasonIn(members) })),
        ).toEqual(dead);
        const kept = behaviours.filter(([, fate]) => !('dead' in fate) && fate.length > 0).length;
        const blank = behaviours.filter(([line]) => line.trim() === '').length;
        const dropped = behaviours.length - kept - blank - dead.length;
        expect(result).toMatchObject({
          lines: behaviours.length,
          blank,
          kept,
          dropped,
          written: outputs.length,
        });
      }),
    );
  });

  test('ends at the first dead line where the run is to stop at it', async () => {
    const chunk = chunkOf(['{"do":"pass"}', '{"do":"throw"}', '{"do":"pass"}', 'oops']);
    const result = await run(chunk, handler, kind, { stopAtDead: true });
    expect(result).toMatchObject({ lines: 2, kept: 1, dropped: 0, written: 1, dead: [{ index: 1 }] });
    expect(chunk.table.rows[2]).toBe(-77);
  });

  test('gives an event that takes too long up, aborts its signal, and goes on', async () => {
    let reason: unknown;
    const hangs: Handler = (event, context) => {
      if (event !== 2) return event;
      context.signal.addEventListener('abort', () => (reason = (context.signal.reason as Error).message));
      return new Promise(() => undefined);
    };
    const chunk = chunkOf(['1', '2', '3']);
    const result = await run(chunk, hangs, kind, { timeoutMs: 1 });
    expect(outputOf(chunk, result, kind)).toBe('1\n3\n');
    expect(result.dead.map(({ members }) => reasonIn(members))).toEqual(['timed-out']);
    expect(reason).toBe('the handler took longer than 1 ms');
  });

  test('tells the handler key, id and attempt, also after an await', async () => {
    const chunk = chunkOf(['{"k":"\\u0061"}', '{"k":null}', '{"k":[1]}']);
    const seen: unknown[] = [];
    const looks: Handler = async (_, context) => {
      await Promise.resolve();
      seen.push([context.key, context.id, context.attempt]);
    };
    await run(chunk, looks, kind, { key: 'k' });
    expect(seen).toEqual([
      ['a', 'in.ndjson:1000', 1],
      [undefined, 'in.ndjson:1015', 1],
      ['[1]', 'in.ndjson:1026', 1],
    ]);
  });

  test('begins no event before the one before is done', async () => {
    const trace: string[] = [];
    const slow: Handler = async event => {
      trace.push(`begin ${event}`);
      for (let turns = 5 - event; turns > 0; turns--) await new Promise(setImmediate);
      trace.push(`end ${event}`);
    };
    await run(chunkOf(['1', '2', '3']), slow, kind);
    expect(trace).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
  });

  test('shows while a handler is at work which event it is at', async () => {
    const chunk = chunkOf(['', '1', 'oops', '2']);
    const seen: number[][] = [];
    const env = environment(chunk, () => void seen.push([...env.progress]));
    const lines: BatchLines =
      kind === 'range' ? { kind, from: 0, to: chunk.bytes.length } : { kind, lane: LANE, from: 0, to: 4 };
    await runBatch(env, { slot: 0, source: 0, base: 0, text: 'ascii', lines, attempt: 1, spare: undefined });
    expect(seen.map(([busy, , lineStart]) => [busy, lineStart])).toEqual([
      [1, 1],
      [1, 8],
    ]);
    expect(seen[1]![Progress.count]).toBeGreaterThan(seen[0]![Progress.count]!);
    expect(env.progress[Progress.busy]).toBe(0);
  });
});

describe('runBatch', () => {
  test('writes what a thrown value was, whatever it was', async () => {
    const thrown = [
      'text',
      null,
      undefined,
      5n,
      Symbol('s'),
      { a: 1 },
      new Uint8Array(3),
      new RangeError('far'),
    ];
    const chunk = chunkOf(thrown.map((_, at) => String(at)));
    const result = await run(
      chunk,
      at => {
        throw thrown[at];
      },
      'range',
    );
    const errors = result.dead.map(
      ({ members }) => (JSON.parse(`{${members}}`) as { error: { message: string } }).error,
    );
    expect(errors.map(({ message }) => message)).toEqual([
      'the handler threw "text"',
      'the handler threw null',
      'the handler threw undefined',
      'the handler threw 5n',
      'the handler threw Symbol(s)',
      'the handler threw {"a":1}',
      'the handler threw 3 bytes',
      'far',
    ]);
    expect(errors.at(-1)).toMatchObject({ name: 'RangeError' });
  });

  test('makes a dead letter of an error that cannot be described, instead of failing itself', async () => {
    const result = await run(
      chunkOf(['1', '2']),
      event => {
        if (event === 1) throw strange();
        return true;
      },
      'range',
    );
    expect(result).toMatchObject({ kept: 1, dead: [{ index: 0 }] });
  });

  test('takes a value for an error, not for a promise, whose "then" throws', async () => {
    const result = await run(
      chunkOf(['1']),
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- what an old library may return
        get then() {
          throw new Error('then');
        },
      }),
      'range',
    );
    expect(result.dead.map(({ members }) => reasonIn(members))).toEqual(['handler-threw']);
  });
});

function reasonIn(members: string): string {
  return (JSON.parse(`{${members}}`) as { reason: string }).reason;
}

/** An error that throws another when somebody looks where it comes from. */
function strange(): Error {
  const error = new Error('strange');
  Object.defineProperty(error, 'stack', {
    get: () => {
      throw new Error('no stack');
    },
  });
  return error;
}
