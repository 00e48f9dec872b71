import { describe, expect, test } from 'vitest';
import type { SharedSlot } from '../../src/kernel/slot-memory.ts';
import { batchStep, type Job, stepsAgain } from '../../src/worker/lane-steps.ts';
import { type BatchTask, type ListedLines, Progress } from '../../src/worker/protocol.ts';
import type { BatchEnvironment } from '../../src/worker/run-batch.ts';
import { ScannedLines } from '../../src/worker/scanned-lines.ts';
import { AS_THEY_COME, type WorkOptions } from '../../src/worker/work-options.ts';
import { environmentOf, runOf, type Setting } from './batch-runs.ts';
import { lay, placeOf, slotOf } from './slots.ts';

/** What a thread says of where it is while it decodes events beside others that are handled. */

const WAYS: Readonly<Record<string, WorkOptions>> = {
  'several events at a time': { ...AS_THEY_COME, concurrency: 8 },
  batches: {
    ...AS_THEY_COME,
    concurrency: 8,
    batch: { size: 1, bytesMax: 1e6, lingerMs: 0, perKey: false, split: true },
  },
};

/** A thread with some lines, of which each batch has those from one place to another. */
function threadOf(lines: readonly string[], setting: Setting) {
  const place = placeOf('plain');
  const slot = slotOf(place);
  const { range } = lay(slot, lines);
  const env = environmentOf(place, slot, 0, setting);
  const scanned = new ScannedLines(env.kernel, env.plan.recordWords, slot, range);
  while (scanned.next(true)) continue;
  const list = { kind: 'listed', lane: 0, text: 'bytes', records: 0, recordsTo: 0 } as const;
  const taskOf = (number: number, from: number, to: number): BatchTask & { lines: ListedLines } => {
    const batch = { slot: 0, source: 'in.ndjson', base: 0, lines: { ...list, from, to } };
    return { ...batch, number, attempt: 1 };
  };
  return { env, taskOf, slots: [place.shared] };
}

/** The same, with an expression that the kernel leaves to the thread; `decide` stands in for it. */
function deciding(
  { plan, ...env }: BatchEnvironment,
  decide: (event: { n: number }) => void,
): BatchEnvironment {
  const isWanted = (event: unknown): boolean => {
    decide(event as { n: number });
    return true;
  };
  return { ...env, plan: { ...plan, where: { ...plan.where!, test: isWanted } } };
}

function againAfterHang(task: BatchTask, progress: Int32Array, slots: readonly SharedSlot[]) {
  const job: Job = { results: [], left: 1, resolve: () => undefined, reject: () => undefined };
  const step = batchStep(job, task, task.number, Promise.resolve());
  const setup = { slots, handler: undefined, where: 'n' };
  const end = { cause: undefined, hungMs: 5, progress, isConcurrent: true };
  const steps = stepsAgain(step, end, { setup, number: () => 99 });
  return { step, steps, verdicts: steps.map(({ verdict }) => verdict !== undefined) };
}

describe.each(Object.entries(WAYS))('a thread that handles %s', (_, work) => {
  test('is at the line that it decodes, and not at that of a batch that is handled beside it', async () => {
    let letGo!: () => void;
    const gate = new Promise<void>(resolve => {
      letGo = resolve;
    });
    const handler = async (event: unknown) => {
      await gate;
      return work.batch === undefined ? event : [true];
    };
    const where = '/(a+)+$/.test(path)';
    const lines = [1, 2, 3].map(n => JSON.stringify({ n, path: 'y' }));
    const { env, taskOf, slots } = threadOf(lines, { handler, where, timeoutMs: 0 });
    const at: number[][] = [];
    let hung = new Int32Array(0);
    const run = runOf(
      deciding(env, ({ n }) => {
        const { progress } = env;
        at.push([progress[Progress.busy]!, progress[Progress.task]!, progress[Progress.line]!]);
        if (n === 3) hung = progress.slice();
      }),
      work,
    );
    const first = taskOf(7, 0, 2);
    const second = taskOf(8, 2, 3);
    const results = [run.run(first), run.run(second)];
    expect(at).toEqual([
      [1, 7, 0],
      [1, 7, 1],
      [1, 8, 2],
    ]);
    // Should it hang there, that line is to blame, and the batch before is handled again as it was.
    const { step, steps } = againAfterHang(first, hung, slots);
    expect(steps).toEqual([step]);
    expect(againAfterHang(second, hung, slots).verdicts).toEqual([true]);
    letGo();
    await Promise.all(results);
    expect(env.progress[Progress.busy]).toBe(0);
  });

  test('is at no line where what it has decoded is not to be handled yet, or not at all', async () => {
    let letGo!: () => void;
    const gate = new Promise<void>(resolve => {
      letGo = resolve;
    });
    const handler = () => gate.then(() => (work.batch === undefined ? true : [true]));
    const lines = ['oops', '{"id":1}', '{"id":1}', 'oops'];
    const { env, taskOf } = threadOf(lines, { handler, key: 'id' });
    const run = runOf(env, work);
    const results = [run.run(taskOf(1, 0, 1))];
    expect(env.progress[Progress.busy]).toBe(0);
    // The second event of the key has to wait for the first.
    results.push(run.run(taskOf(2, 1, 2)), run.run(taskOf(3, 2, 3)));
    expect(env.progress[Progress.busy]).toBe(Progress.atSeveral);
    results.push(run.run(taskOf(4, 3, 4)));
    expect(env.progress[Progress.busy]).toBe(Progress.atSeveral);
    letGo();
    await Promise.all(results);
    expect(env.progress[Progress.busy]).toBe(0);
  });
});
