import { MillraceError } from '../../src/base/errors.ts';
import type { Disk } from '../../src/store/disk.ts';
import type { Keeping } from '../../src/store/housekeeper.ts';
import { JobLog } from '../../src/store/job-log.ts';
import type { JobLogOptions } from '../../src/store/open-job.ts';
import { type Account, EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { DiskModel } from './disk-model.ts';
import { ModelFile } from './disk-file.ts';
import { Random } from '../../src/base/random.ts';

/**
 * An input cut into steps, each of which is committed, and what the store must hold after each: contents, positions
 * and account are functions of the step's number, so that a recovered store can be told which commit it is at.
 */

export const STORE = '/data/deep/store';
export const TOPICS = ['out', 'out.dead'] as const;

/** Small enough that a few events give several frames, segments and journal files. */
export const SMALL: JobLogOptions = {
  job: 'mill',
  topics: TOPICS,
  fresh: false,
  segmentBytesMax: 1200,
  frameBytes: 400,
  journalBytesMax: 1500,
  sync: true,
};

/** A disk with nothing on it but the directory above the store's own. */
export function emptyDisk(): DiskModel {
  const model = new DiskModel();
  model.place('/data', undefined);
  return model;
}

/** What becomes of sealed segments in most of a job's life. */
export const EVENTS_KEPT = 12;
export const KEEPING: Keeping = { retain: { events: EVENTS_KEPT }, compress: true };

/** What one chunk of the input gives: the events for each topic. */
type Chunk = Readonly<Record<(typeof TOPICS)[number], readonly string[]>>;

/** All that a store says of a job: equal for equal commits and for no others. */
export interface StoreState {
  readonly sources: Readonly<Record<string, unknown>>;
  readonly account: Account;
  readonly contents: Readonly<Record<string, string>>;
  /** How many of the events of each topic are not kept any more: they are not among the contents. */
  readonly gone: Readonly<Record<string, number>>;
}

/** The positions that the commit of step `number` adds: each event is a line of the step's source. */
export function sourcesOf(number: number): Record<string, unknown> {
  const isFirst = number % 3 === 0;
  const own = stepsTo(number).filter(step => (step % 3 === 0) === isFirst);
  const line = own.reduce((sum, step) => sum + eventsOf(step, 'out') + eventsOf(step, 'out.dead'), 0);
  return { [isFirst ? '/in/b' : '/in/a']: { offset: number * 1000, line, step: number } };
}

export function accountOf(number: number): Account {
  const kept = stepsTo(number).reduce((sum, step) => sum + eventsOf(step, 'out'), 0);
  const dead = stepsTo(number).reduce((sum, step) => sum + eventsOf(step, 'out.dead'), 0);
  return { ...EMPTY_ACCOUNT, read: kept + dead, kept, dead, written: kept };
}

function stepsTo(number: number): number[] {
  return Array.from({ length: number }, (_, index) => index + 1);
}

/** In every story: how long events are makes no difference to how many there are. */
function eventsOf(step: number, topic: (typeof TOPICS)[number]): number {
  return SHORT_STORY.chunksOf(step).reduce((sum, chunk) => sum + chunk[topic].length, 0);
}

/** The input of one scenario, whose events have a text of up to so many bytes. */
export class Story {
  readonly #textBytesMax: number;

  constructor(textBytesMax: number) {
    this.#textBytesMax = textBytesMax;
  }

  /** The chunks of step `number`: few or many, some with no dead letter, every fifth with no event at all. */
  chunksOf(number: number): readonly Chunk[] {
    const random = new Random(number);
    const event = (kind: string, at: number): string =>
      `${JSON.stringify({ kind, step: number, at, text: 'x'.repeat(random.below(this.#textBytesMax)) })}\n`;
    const events = (kind: string, count: number): string[] =>
      Array.from({ length: count }, (_, at) => event(kind, at));
    return Array.from({ length: 1 + random.below(3) }, () => ({
      out: events('out', number % 5 === 0 ? 0 : 1 + random.below(4)),
      'out.dead': events('dead', number % 5 === 0 || random.below(3) > 0 ? 0 : 1),
    }));
  }

  /** The state after the steps 1 to `number`. */
  stateAfter(number: number): StoreState {
    const numbers = stepsTo(number);
    const contentOf = (topic: (typeof TOPICS)[number]): string =>
      numbers.flatMap(step => this.chunksOf(step).flatMap(chunk => chunk[topic])).join('');
    return {
      sources: Object.assign({}, ...numbers.map(sourcesOf)) as Record<string, unknown>,
      account: accountOf(number),
      contents: { out: contentOf('out'), 'out.dead': contentOf('out.dead') },
      gone: { out: 0, 'out.dead': 0 },
    };
  }

  /** Appends and commits steps as the pipeline does: the next step is appended while a commit is under way. */
  async commitSteps(
    log: JobLog,
    from: number,
    to: number,
    onCommit: (step: number) => void = () => undefined,
  ): Promise<void> {
    let committing = Promise.resolve();
    for (let step = from; step <= to; step++) {
      for (const chunk of this.chunksOf(step)) appendChunk(log, chunk);
      await committing;
      committing = log.commit(Promise.resolve(sourcesOf(step)), accountOf(step)).then(() => onCommit(step));
      // Seen by the `await` that follows, after the appending in between.
      committing.catch(() => undefined);
    }
    await committing;
  }
}

/** Goes with `SMALL`. */
export const SHORT_STORY = new Story(300);

export const commitSteps: Story['commitSteps'] = (...steps) => SHORT_STORY.commitSteps(...steps);
export const stateAfter: Story['stateAfter'] = number => SHORT_STORY.stateAfter(number);

function appendChunk(log: JobLog, chunk: Chunk): void {
  for (const topic of TOPICS) {
    const bytes = Buffer.from(`#${chunk[topic].join('')}`, 'utf8');
    log.topic(topic).append(bytes, 1, bytes.length);
    // The bytes were copied: what becomes of them is nobody's business.
    bytes.fill(0);
    log.topic(topic).endChunk(chunk[topic].length);
  }
}

/** What readers see of the store, and what the job would go on with. */
export async function readState(disk: Disk, log: JobLog): Promise<StoreState> {
  const contents: Record<string, string> = {};
  const gone: Record<string, number> = {};
  for (const topic of TOPICS) {
    contents[topic] = await readTopic(disk, topic);
    gone[topic] = log.stateOf(topic).earliest;
  }
  return { sources: { ...log.sources }, account: log.account, contents, gone };
}

/** The events of a topic; none where it does not exist. */
export async function readTopic(disk: Disk, topic: string, store = STORE): Promise<string> {
  try {
    const reader = await TopicReader.open(disk, store, topic);
    const frames: Buffer[] = [];
    for await (const { bytes } of reader.frames()) frames.push(Buffer.from(bytes));
    return Buffer.concat(frames).toString('utf8');
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MILLRACE_TOPIC_NOT_FOUND') return '';
    throw error;
  }
}

/** Makes the owners of all locks dead: the tests' own process plays the one that died. */
export function buryOwners(model: DiskModel): void {
  for (const node of model.nodes) {
    if (!(node instanceof ModelFile) || !isLock(node.path)) continue;
    const text = Buffer.from(node.content)
      .toString('utf8')
      .replace(/"started":"\d*"/, '"started":"1"');
    node.content = Buffer.from(text, 'utf8');
    node.durable = node.content;
    node.pending = [];
  }
}

/** Locks are never synced: they say nothing after a crash of the machine. */
export function isLock(path: string): boolean {
  return path.includes('/lock/');
}
