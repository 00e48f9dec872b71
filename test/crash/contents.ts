import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { MillraceError } from '../../src/base/errors.ts';
import { stateTopicOf } from '../../src/base/names.ts';
import { realDisk } from '../../src/store/disk.ts';
import { readState } from '../../src/store/read-state.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { TOPICS } from './events.ts';

/**
 * What a job has committed, as readers see it: the events of its topics, and what follows from the topic of its state.
 *
 * The bytes of that topic are not compared: of each key it has the last change of a batch, and how the input is cut into
 * batches differs from run to run. Where the oldest events are not kept, the rest must be what it is where all are.
 */
export interface Contents {
  readonly topics: Readonly<Record<string, TopicContents>>;
  readonly state: string;
}

interface TopicContents {
  /** The lowest offset that is kept, and the offset that the next event will have. */
  readonly earliest: number;
  readonly end: number;
  readonly bytes: Buffer;
}

const NOTHING: TopicContents = { earliest: 0, end: 0, bytes: Buffer.alloc(0) };
const NEWLINE = 0x0a;
/** What a reader is told that was overtaken, and how often it begins again. */
const OVERTAKEN: readonly unknown[] = ['MILLRACE_OFFSET_NOT_KEPT', 'MILLRACE_SOURCE_CHANGED'];
const ATTEMPTS_MAX = 50;

/** Reads all that is committed in `store`, checksums and all; it may be written meanwhile. */
export async function contentsOf(store: string, job: string): Promise<Contents> {
  const topics: Record<string, TopicContents> = {};
  for (const topic of TOPICS) topics[topic] = await ifThere(() => readTopic(store, topic), NOTHING);
  return { topics, state: await ifThere(() => stateOf(store, job), '') };
}

async function readTopic(store: string, topic: string): Promise<TopicContents> {
  const reader = await TopicReader.open(realDisk, store, topic);
  const frames: Uint8Array[] = [];
  let [earliest, end] = [-1, 0];
  for await (const { bytes, offset, events } of reader.frames()) {
    if (earliest < 0) earliest = offset;
    end = offset + events;
    frames.push(Uint8Array.from(bytes));
  }
  return { earliest: Math.max(0, earliest), end, bytes: Buffer.concat(frames) };
}

async function stateOf(store: string, job: string): Promise<string> {
  const entries = [...(await readState(realDisk, store, job)).entries()];
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function ifThere<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const code = error instanceof MillraceError ? error.code : undefined;
      if (code === 'MILLRACE_TOPIC_NOT_FOUND') return otherwise;
      // A run that gives up the oldest events, or all of them, has overtaken the reader, who is told: it begins again.
      if (!OVERTAKEN.includes(code) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** The part of a whole topic from the offset `earliest` on. */
function keptOf({ bytes }: TopicContents, earliest: number): Buffer {
  let at = 0;
  for (let offset = 0; offset < earliest; offset++) at = bytes.indexOf(NEWLINE, at) + 1;
  return bytes.subarray(at);
}

/** In the middle of a run: every topic is a beginning of what it must become, and no shorter than it was before. */
export function checkBeginning(found: Contents, before: Contents | undefined, whole: Contents): void {
  for (const topic of TOPICS) {
    const { earliest, end, bytes } = found.topics[topic]!;
    const expected = keptOf(whole.topics[topic]!, earliest).subarray(0, bytes.length);
    assert.ok(bytes.equals(expected), `${topic} is not a beginning of what it must become`);
    const least = before?.topics[topic]!.end ?? 0;
    assert.ok(end >= least, `${topic} had ${least} events, and has ${end}`);
  }
}

/**
 * At the end of a run: everything is as in the undisturbed one, which has kept all, but for old events; of which no fewer are
 * left than were to be kept. The store verifies, and nothing lies about.
 */
export async function checkEnd(store: string, job: string, whole: Contents, kept = Infinity): Promise<void> {
  const found = await contentsOf(store, job);
  assert.equal(shaOf(found), shaOf(whole, found));
  for (const topic of TOPICS) {
    const { earliest, end } = found.topics[topic]!;
    assert.equal(end, whole.topics[topic]!.end, topic);
    assert.ok(earliest === 0 || end - earliest >= kept, `${topic} has kept ${end - earliest} events`);
  }
  for (const topic of [...TOPICS, stateTopicOf(job)]) {
    const { notes } = await verifyTopic(realDisk, store, topic);
    assert.deepEqual(notes, [], topic);
  }
}

/** The sha256 of each topic, from where `from` begins, and of the state, each in a line. */
export function shaOf({ topics, state }: Contents, from?: Contents): string {
  const parts = TOPICS.map(topic => {
    const contents = topics[topic]!;
    return [
      topic,
      from === undefined ? contents.bytes : keptOf(contents, from.topics[topic]!.earliest),
    ] as const;
  });
  return [...parts, ['state', state] as const]
    .map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`)
    .join('\n');
}
