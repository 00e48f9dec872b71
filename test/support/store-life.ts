import { expect } from 'vitest';
import { JobLog } from '../../src/store/job-log.ts';
import { layout, segmentOf } from '../../src/store/layout.ts';
import { verifyTopic } from './verify-topic.ts';
import { barestCrash, filesOf } from './crash-states.ts';
import type { DiskModel } from './disk-model.ts';
import { FaultyDisk } from './faulty-disk.ts';
import {
  buryOwners,
  commitSteps,
  EVENTS_KEPT,
  KEEPING,
  readState,
  SMALL,
  type StoreState,
  stateAfter,
  STORE,
  TOPICS,
} from './store-scenario.ts';

/**
 * The life of a job, which is interrupted in every way: first start, commits with rolls of segments and of the journal,
 * an end, a second start, a death without an end, a third start, and a fresh start. From the second start on segments are
 * compressed, those of the first as well, and the oldest removed.
 */
const LIFE = [
  { to: 6, fresh: false, dies: false, keeps: false },
  { to: 9, fresh: false, dies: true, keeps: true },
  { to: 11, fresh: false, dies: false, keeps: true },
  { to: 3, fresh: true, dies: false, keeps: true },
] as const;

/** The states that the store goes through, in order; a fresh start begins again with an empty one. */
export const BEFORE_FRESH = 11;
export const STATES = [
  ...Array.from({ length: BEFORE_FRESH + 1 }, (_, step) => stateAfter(step)),
  ...[0, 1, 2, 3].map(stateAfter),
];

/** Lives the whole life; marks in the trace which state was promised: by a commit that has resolved, or by opening. */
export async function live(disk: FaultyDisk, sync = true): Promise<void> {
  let step = 0;
  let base = 0;
  for (const { to, fresh, dies, keeps } of LIFE) {
    const log = await JobLog.open(disk, STORE, { ...SMALL, fresh, sync, ...(keeps && { keeping: KEEPING }) });
    if (fresh) {
      step = 0;
      base = BEFORE_FRESH + 1;
    }
    disk.mark(base + step);
    try {
      await log.createTopic('out');
      await commitSteps(log, step + 1, to, done => disk.mark(base + done));
      // One that dies leaves the rest to the next: but its housekeeper must not outlive it.
      await log.settle(dies ? AbortSignal.abort() : new AbortController().signal);
    } catch (error) {
      await log.close().catch(() => undefined);
      throw error;
    }
    step = to;
    if (dies) buryOwners(disk.model);
    else await log.close();
    // The files of the dead are closed with it.
    if (dies) disk.openFiles = 0;
    expect(disk.openFiles).toBe(0);
  }
}

/** The last state that was promised in a trace. */
export function promisedIn(trace: FaultyDisk['trace']): number {
  const mark = trace.findLast(op => op.kind === 'mark');
  return mark?.kind === 'mark' ? mark.mark : 0;
}

/** Goes on from the state `index` to the end of its part of the life: to the fresh start, or the very end. */
export async function goOn(log: JobLog, index: number): Promise<number> {
  const [base, end] = index <= BEFORE_FRESH ? [0, BEFORE_FRESH] : [BEFORE_FRESH + 1, STATES.length - 1];
  await commitSteps(log, index - base + 1, end - base);
  return end;
}

/** Which of the two states it is that the store may be in when `promised` was the last that it has promised. */
export function indexOf(state: StoreState, promised: number): number {
  const found = [promised, promised + 1].find(
    index => STATES[index] !== undefined && isEqual(state, STATES[index]),
  );
  if (found === undefined)
    expect(state, `neither the state ${promised} nor the next`).toEqual(STATES[promised]);
  return found!;
}

/** Whether a state is the one that is expected, but for events that are not kept any more; and no more than these may be. */
function isEqual(state: StoreState, expected: StoreState): boolean {
  const left = TOPICS.map(topic => lines(expected, topic).slice(state.gone[topic]).join(''));
  return (
    JSON.stringify([state.sources, state.account, TOPICS.map(topic => state.contents[topic])]) ===
      JSON.stringify([expected.sources, expected.account, left]) &&
    (state.gone['out'] === 0 || lines(state, 'out').length >= EVENTS_KEPT) &&
    state.gone['out.dead'] === 0
  );
}

function lines({ contents }: StoreState, topic: string): readonly string[] {
  return contents[topic]!.split(/(?<=\n)/).filter(line => line !== '');
}

/** What a recovery has done. */
export interface Recovery {
  readonly trace: FaultyDisk['trace'];
  /** What it has cut off. */
  readonly cut: readonly Buffer[];
}

/**
 * Recovers the disk `model` on which the state `promised` was promised, and holds the job to all that it owes: that
 * state or the one after, the rest in quarantine, the same when recovering twice, and when going on, the same end.
 * `owed` is what earlier recoveries have begun to cut off.
 */
export async function checkRecovery(
  model: DiskModel,
  promised: number,
  owed: readonly Buffer[] = [],
): Promise<Recovery> {
  buryOwners(model);
  const before = filesOf(model, layout.topics(STORE));
  const disk = new FaultyDisk(model);
  const log = await JobLog.open(disk, STORE, SMALL);
  const trace = [...disk.trace];
  const state = await readState(disk, log);
  const index = indexOf(state, promised);
  await log.close();
  const cut = cutOff(before, filesOf(model, layout.topics(STORE)), state);
  expect(log.cuts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
    cut.reduce((sum, { length }) => sum + length, 0),
  );
  // What is not in the topics any more is in the quarantine, and stays there if the power fails now.
  const kept = [...filesOf(barestCrash(model), layout.quarantine(STORE)).values()];
  for (const bytes of [...cut, ...owed])
    expect(
      kept.some(file => bytes.equals(file)),
      String(bytes),
    ).toBe(true);

  const again = await JobLog.open(disk, STORE, SMALL);
  expect(again.cuts).toEqual([]);
  expect(await readState(disk, again)).toEqual(state);
  const end = await goOn(again, index);
  expect(indexOf(await readState(disk, again), end)).toBe(end);
  await again.close();
  for (const topic of TOPICS) await checkSound(disk, topic, state);

  const keeping = await JobLog.open(disk, STORE, { ...SMALL, keeping: KEEPING });
  await keeping.settle(new AbortController().signal);
  expect(indexOf(await readState(disk, keeping), end)).toBe(end);
  const { sealed } = keeping.stateOf('out');
  expect(sealed.filter(row => row[6]?.gzip === undefined)).toEqual([]);
  await keeping.close();
  for (const topic of TOPICS) await checkSound(disk, topic, state);
  expect(disk.openFiles).toBe(0);
  return { trace, cut };
}

/** A topic without an event need not exist. */
async function checkSound(
  disk: FaultyDisk,
  topic: (typeof TOPICS)[number],
  { contents }: StoreState,
): Promise<void> {
  if (contents[topic] === '' && disk.model.directory(layout.topic(STORE, topic)) === undefined) return;
  expect((await verifyTopic(disk, STORE, topic)).notes).toEqual([]);
}

/** What was at the end of files and is not there any more. */
function cutOff(
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
  { gone }: StoreState,
): readonly Buffer[] {
  const parts = [...before].filter(([path]) => {
    const [topic, name] = path.split('/').slice(-2) as [string, string];
    // Of what is not kept, and of a segment that has another form now, files may be left.
    const other = name.endsWith('.gz') ? path.slice(0, -'.gz'.length) : `${path}.gz`;
    const segment = segmentOf(name);
    return segment !== undefined && segment >= gone[topic]! && !after.has(other);
  });
  const rests = parts.map(([path, content]) => Buffer.from(content.subarray(after.get(path)?.length ?? 0)));
  return rests.filter(rest => rest.length > 0);
}
