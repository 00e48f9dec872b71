import { type DeadLetter, readDeadLetter } from '../base/dead-letter.ts';
import { MillraceError } from '../base/errors.ts';
import { checkName, deadTopicOf, topicOfDead } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';

/** The dead letters of a topic, as the commands about them read them. */

export interface DeadTopic {
  /** The topic whose dead letters these are. */
  readonly topic: string;
  readonly reader: TopicReader;
  /** How many of the letters, from the first on, were retried. */
  readonly retried: number;
}

/** A letter, with its offset in the topic of dead letters. */
export interface Found {
  readonly offset: number;
  /** When it was committed, in milliseconds since 1970. */
  readonly time: number;
  readonly letter: DeadLetter;
}

/** Opens the dead letters of `name`, which may be that of the topic or that of its dead letters. */
export async function openDead(store: string, name: string): Promise<DeadTopic> {
  const topic = checkName(topicOfDead(name) ?? name, 'topic');
  const reader = await TopicReader.open(realDisk, store, deadTopicOf(topic));
  const position = reader.positions[`dead:${topic}`] as { line: number; epoch: number } | undefined;
  return { topic, reader, retried: position?.epoch === reader.epoch ? position.line : 0 };
}

/** The letters from the offset `from` on, or all that are kept. */
export async function* lettersFrom(reader: TopicReader, from?: number): AsyncGenerator<Found, void, void> {
  for await (const { bytes, offset, events, time } of reader.frames(from)) {
    let at = 0;
    for (let letter = offset; letter < offset + events; letter++) {
      const end = bytes.indexOf(0x0a, at);
      if (letter >= (from ?? 0) && end > at) {
        yield { offset: letter, time, letter: parsed(reader, letter, bytes.subarray(at, end)) };
      }
      at = end + 1;
    }
  }
}

function parsed({ topic }: TopicReader, offset: number, bytes: Uint8Array): DeadLetter {
  const letter = readDeadLetter(Buffer.from(bytes).toString('utf8'));
  if (letter !== undefined) return letter;
  throw new MillraceError(
    'MILLRACE_STORE_CORRUPT',
    `offset ${offset} of the topic "${topic}" is not a dead letter`,
  );
}

/** A number of letters, in words. */
export function countedLetters(count: number): string {
  return count === 1 ? '1 dead letter' : `${count.toLocaleString('en-US')} dead letters`;
}
