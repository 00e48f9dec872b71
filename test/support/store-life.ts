import assert from 'node:assert/strict';
import { JobLog } from '../../src/store/job-log.ts';
import { layout, segmentOf } from '../../src/store/layout.ts';
import type { JobLogOptions } from '../../src/store/open-job.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { verifyTopic } from './verify-topic.ts';
import { barestCrash, filesOf } from './crash-states.ts';
import type { DiskModel } from './disk-model.ts';
import { FaultyDisk } from './faulty-disk.ts';
import {
  buryOwners,
  EVENTS_KEPT,
  KEEPING,
  readState,
  SHORT_STORY,
  SMALL,
  type StoreState,
  Story,
  STORE,
  TOPICS,
} from './store-scenario.ts';

/**
 * The life of a job, which is interrupted in every way: first start, commits with rolls of segments and of the journal,
 * an end, a second start, a death without an end, a third start, and a fresh start. From the second start on segments are
 * compressed, those of the first as well, and the oldest removed.
 */
const PARTS = [
  { to: 6, fresh: false, dies: false, keeps: false },
  { to: 9, fresh: false, dies: true, keeps: true },
  { to: 11, fresh: false, dies: false, keeps: true },
  { to: 3, fresh: true, dies: false, keeps: true },
] as const;

const BEFORE_FRESH = 11;
const AFTER_FRESH = 3;

/** What a recovery has done. */
export interface Recovery {
  readonly trace: FaultyDisk['trace'];
  /** What it has cut off. */
  readonly cut: readonly Buffer[];
}

export class Life {
  readonly name: string;
  /** The states that the store goes through, in order; a fresh start begins again with an empty one. */
  readonly states: readonly StoreState[];
  readonly #story: Story;
  readonly #options: JobLogOptions;
  readonly #isRead: boolean;

  /** With `isRead` somebody follows the topic meanwhile: what a reader has seen is promised as well. */
  constructor(name: string, story: Story, options: JobLogOptions, isRead = false) {
    this.name = name;
    this.#story = story;
    this.#options = options;
    this.#isRead = isRead;
    const upTo = (last: number): StoreState[] =>
      Array.from({ length: last + 1 }, (_, step) => story.stateAfter(step));
    this.states = [...upTo(BEFORE_FRESH), ...upTo(AFTER_FRESH)];
  }

  /** Lives all of it; marks in the trace which state was promised: by a commit that has resolved, or by opening. */
  async live(disk: FaultyDisk, sync = true): Promise<void> {
    let step = 0;
    let base = 0;
    let promised = -1;
    const promise = (index: number): void => {
      if (index <= promised) return;
      promised = index;
      disk.mark(index);
    };
    for (const { to, fresh, dies, keeps } of PARTS) {
      const log = await this.open(disk, { fresh, sync, ...(keeps && { keeping: KEEPING }) });
      if (fresh) {
        step = 0;
        base = BEFORE_FRESH + 1;
      }
      promise(base + step);
      const writing = { isOver: false };
      let reading: Promise<void> | undefined;
      try {
        await log.createTopic('out');
        if (this.#isRead) reading = this.#follow(disk, base, base + to, promise, writing);
        // Whoever waits for it is told.
        reading?.catch(() => undefined);
        await this.#story.commitSteps(log, step + 1, to, done => promise(base + done));
        await reading;
        // One that dies leaves the rest to the next: but its housekeeper must not outlive it.
        await log.settle(dies ? AbortSignal.abort() : new AbortController().signal);
      } catch (error) {
        writing.isOver = true;
        await reading?.catch(() => undefined);
        await log.close().catch(() => undefined);
        throw error;
      }
      step = to;
      if (dies) buryOwners(disk.model);
      else await log.close();
      // The files of the dead are closed with it.
      if (dies) disk.openFiles = 0;
      assert.equal(disk.openFiles, 0);
    }
  }

  /** Follows the topic to the state `last`, or until nobody writes any more; tells which state each look has shown. */
  async #follow(
    disk: FaultyDisk,
    base: number,
    last: number,
    promise: (index: number) => void,
    writing: { readonly isOver: boolean },
  ): Promise<void> {
    const reader = await TopicReader.open(disk, STORE, 'out');
    for (let index = base; index < last && !writing.isOver; await reader.refresh()) {
      // The first state with these events: steps without any look like the one before.
      while (index < last && eventsIn(this.states[index]!) < reader.state.end.offset) index++;
      promise(index);
      await Promise.resolve();
    }
  }

  open(disk: FaultyDisk, options: Partial<JobLogOptions> = {}): Promise<JobLog> {
    return JobLog.open(disk, STORE, { ...this.#options, ...options });
  }

  /** Goes on from the state `index` to the end of its part of the life: to the fresh start, or the very end. */
  async goOn(log: JobLog, index: number): Promise<number> {
    const [base, end] = this.isFresh(index) ? [BEFORE_FRESH + 1, this.states.length - 1] : [0, BEFORE_FRESH];
    await this.#story.commitSteps(log, index - base + 1, end - base);
    return end;
  }

  /** Whether it is one of the states after the fresh start. */
  isFresh(index: number): boolean {
    return index > BEFORE_FRESH;
  }

  /** Which of the two states it is that the store may be in when `promised` was the last that it has promised. */
  indexOf(state: StoreState, promised: number): number {
    const found = [promised, promised + 1].find(
      index => this.states[index] !== undefined && isEqual(state, this.states[index]),
    );
    if (found === undefined)
      assert.deepEqual(state, this.states[promised], `neither the state ${promised} nor the next`);
    return found!;
  }

  /**
   * Recovers the disk `model` on which the state `promised` was promised, and holds the job to all that it owes: that
   * state or the one after, the rest in quarantine, the same when recovering twice, and when going on, the same end.
   * `owed` is what earlier recoveries have begun to cut off. With `keeps` segments are compressed and removed after that.
   */
  async checkRecovery(
    model: DiskModel,
    promised: number,
    owed: readonly Buffer[] = [],
    keeps = true,
  ): Promise<Recovery> {
    buryOwners(model);
    const before = filesOf(model, layout.topics(STORE));
    const disk = new FaultyDisk(model);
    const log = await this.open(disk);
    const trace = [...disk.trace];
    const state = await readState(disk, log);
    const index = this.indexOf(state, promised);
    await log.close();
    const cut = cutOff(before, filesOf(model, layout.topics(STORE)), state);
    assert.equal(sum(log.cuts.map(({ bytes }) => bytes)), sum(cut.map(({ length }) => length)));
    // What is not in the topics any more is in the quarantine, and stays there if the power fails now.
    const kept = [...filesOf(barestCrash(model), layout.quarantine(STORE)).values()];
    for (const bytes of [...cut, ...owed])
      assert.ok(
        kept.some(file => bytes.equals(file)),
        `not in the quarantine: ${String(bytes)}`,
      );

    const again = await this.open(disk);
    assert.deepEqual(again.cuts, []);
    assert.deepEqual(await readState(disk, again), state);
    const end = await this.goOn(again, index);
    assert.equal(this.indexOf(await readState(disk, again), end), end);
    await again.close();
    for (const topic of TOPICS) await checkSound(disk, topic, state);

    if (keeps) await this.#checkKeeping(disk, end);
    assert.equal(disk.openFiles, 0);
    return { trace, cut };
  }

  /** What is compressed and removed now leaves the state as it is. */
  async #checkKeeping(disk: FaultyDisk, end: number): Promise<void> {
    const keeping = await this.open(disk, { keeping: KEEPING });
    await keeping.settle(new AbortController().signal);
    const state = await readState(disk, keeping);
    assert.equal(this.indexOf(state, end), end);
    const { sealed } = keeping.stateOf('out');
    assert.deepEqual(
      sealed.filter(row => row[6]?.gzip === undefined),
      [],
    );
    await keeping.close();
    for (const topic of TOPICS) await checkSound(disk, topic, state);
  }
}

/** Events of a few hundred bytes, which roll something at nearly every commit. */
export const SHORT_LIFE = new Life('short', SHORT_STORY, SMALL);

/** Events of some kilobytes, so that a write has several pages. */
export const LARGE_LIFE = new Life('large', new Story(6000), {
  ...SMALL,
  segmentBytesMax: 24_000,
  frameBytes: 9000,
});

/** The same as the short one, and a reader beside it. Its syncs help the writer, so it is a life of its own. */
export const READ_LIFE = new Life('read', SHORT_STORY, SMALL, true);

export const LIVES = [SHORT_LIFE, LARGE_LIFE, READ_LIFE];

/** The last state that was promised in a trace. */
export function promisedIn(trace: FaultyDisk['trace']): number {
  const mark = trace.findLast(op => op.kind === 'mark');
  return mark?.kind === 'mark' ? mark.mark : 0;
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

function eventsIn(state: StoreState): number {
  return lines(state, 'out').length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A topic without an event need not exist. */
async function checkSound(
  disk: FaultyDisk,
  topic: (typeof TOPICS)[number],
  { contents }: StoreState,
): Promise<void> {
  if (contents[topic] === '' && disk.model.directory(layout.topic(STORE, topic)) === undefined) return;
  assert.deepEqual((await verifyTopic(disk, STORE, topic)).notes, []);
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
