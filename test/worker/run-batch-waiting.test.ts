import { describe, expect, test } from 'vitest';
import type { Handler } from '../../src/index.ts';
import { Progress } from '../../src/worker/protocol.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { environmentOf, LINES, run } from './batch-runs.ts';
import { lay, placeOf, slotOf } from './slots.ts';

/** Handlers that are waited for, and what they are told of their event. */

function errorsIn(letters: readonly string[]): { readonly reason: string; readonly message: string }[] {
  return letters.map(letter => {
    const { reason, error } = JSON.parse(letter) as { reason: string; error: { message: string } };
    return { reason, message: error.message };
  });
}

describe.each(LINES)('runBatch over lines %s', lines => {
  test('gives an event that takes too long up, aborts its signal, and goes on', async () => {
    let reason: unknown;
    const hangs: Handler = (event, context) => {
      if (event.id !== 2) return event;
      context.signal.addEventListener('abort', () => (reason = (context.signal.reason as Error).message));
      return new Promise(() => undefined);
    };
    const events = ['{"id":1}', '{"id":2}', '{"id":3}'];
    const { output, letters } = await run('wasm', events, { handler: hangs, lines, timeoutMs: 1 });
    expect(output).toBe('{"id":1}\n{"id":3}\n');
    const message = 'the handler took longer than 1 ms';
    expect(errorsIn(letters)).toEqual([{ reason: 'timed-out', message }]);
    expect(reason).toBe(message);
  });

  test('begins no event before the one before is done', async () => {
    const trace: string[] = [];
    const slow: Handler = async event => {
      trace.push(`begin ${event.n}`);
      for (let turns = 5 - event.n; turns > 0; turns--) await new Promise(setImmediate);
      trace.push(`end ${event.n}`);
      return event;
    };
    // Of one key, so of one lane.
    const events = ['{"n":1,"id":7}', '{"n":2,"id":7}', '{"n":3,"id":7}'];
    const { output } = await run('plain', events, { handler: slow, lines });
    expect(trace).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
    expect(output).toBe(events.map(event => `${event}\n`).join(''));
  });

  test('waits for promises in an array, each of which counts as it would alone', async () => {
    const handlers = [
      'export default event => [1, 2].map(async i => ({ i, a: event.a }))',
      'export default async event => [{ i: 1, a: event.a }, Promise.resolve(null), (async () => ({ i: 2, a: event.a }))()]',
      'export default event => [{ then: resolve => resolve([{ i: 1, a: 1.50 }].at(0)) }, { i: 2, a: event.a }]',
    ];
    for (const handler of handlers) {
      const { output, letters } = await run('wasm', ['{"a":1.50}'], { handler, lines });
      expect({ output, letters }).toEqual({ output: '{"i":1,"a":1.50}\n{"i":2,"a":1.50}\n', letters: [] });
    }
    const fails = 'export default event => [event.n, Promise.reject(new Error("no"))]';
    const { output, letters } = await run('wasm', ['{"n":1}'], { handler: fails, lines });
    expect(output).toBe('');
    expect(errorsIn(letters)).toEqual([{ reason: 'handler-threw', message: 'no' }]);
  });

  test('keeps what a handler changed while it was waited for', async () => {
    const handler =
      'export default async event => { event.x = 1; await null; event.a.b = 2; delete event.c; return event }';
    const { output, account } = await run('wasm', ['{"a":{"d":1.0},"c":1,"e":2.0}'], { handler, lines });
    expect(output).toBe('{"a":{"d":1.0,"b":2},"e":2.0,"x":1}\n');
    expect(account.inPart).toBe(1);
  });
});

describe('runBatch', () => {
  test.each(['listed', 'range'] as const)(
    'tells the handler key, id and attempt, also after an await, lines %s',
    async lines => {
      const seen: unknown[] = [];
      const looks: Handler = async (_, context) => {
        await Promise.resolve();
        seen.push([context.key, context.id, context.attempt]);
      };
      const events = ['{"k":"\\u0061"}', '{"k":null}', '{"k":[1]}'];
      const key = lines === 'listed' ? 'k' : undefined;
      await run('wasm', events, { handler: looks, lines, attempt: 2, ...(key === undefined ? {} : { key }) });
      const byId = seen.toSorted((a, b) => ((a as string[])[1]! < (b as string[])[1]! ? -1 : 1));
      expect(byId).toEqual([
        [key && 'a', 'in.ndjson:1003', 2],
        [undefined, 'in.ndjson:1018', 2],
        [key && '[1]', 'in.ndjson:1029', 2],
      ]);
    },
  );

  test('does not tell a key for the first time after the batch is done', async () => {
    let kept: { readonly key: string | undefined } | undefined;
    const keeps: Handler = (_, context) => void (kept = context);
    await run('plain', ['{"id":1}'], { handler: keeps, lines: 'listed' });
    expect(() => kept!.key).toThrow('after the handler had returned');
  });

  test('shows while a handler is at work which event of which batch it is at', async () => {
    const place = placeOf('wasm');
    const slot = slotOf(place);
    const { range } = lay(slot, ['', '1', 'oops', '2']);
    const seen: number[][] = [];
    const handler: Handler = () => void seen.push([...environment.progress]);
    const environment = environmentOf(place, slot, 0, { handler });
    await runBatch(environment, {
      slot: 0,
      source: 'in.ndjson',
      base: 0,
      lines: range,
      number: 7,
      attempt: 1,
    });
    const { progress } = environment;
    expect(seen.map(fields => [fields[Progress.busy], fields[Progress.line], fields[Progress.task]])).toEqual(
      [
        [1, 1, 7],
        [1, 3, 7],
      ],
    );
    expect(seen[1]![Progress.count]).toBeGreaterThan(seen[0]![Progress.count]!);
    expect(progress[Progress.busy]).toBe(0);
  });

  test('gives a handler its context wherever that may be looked at', async () => {
    for (const handler of [
      'export default (event, context) => [context.attempt]',
      'export default (event, { attempt }) => [attempt]',
      'export default (event, context = {}) => [context.attempt]',
      'export default (event, ...others) => [others[0].attempt]',
      'export default (...all) => [all[1].attempt]',
      'export default function handle(event) { return [arguments[1].attempt] }',
      'export default async (event, context) => { await null; return [context.attempt] }',
    ]) {
      expect((await run('plain', ['{}'], { handler })).output, handler).toBe('1\n');
    }
  });
});
