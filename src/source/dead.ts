import { type DeadLetter, keptBytes, readDeadLetter, whyLost } from '../base/dead-letter.ts';
import { MillraceError } from '../base/errors.ts';
import { deadTopicOf } from '../base/names.ts';
import {
  AT_START,
  type Origin,
  type Position,
  type Positions,
  type Reached,
  type Source,
  type SourceSpec,
} from './contract.ts';
import type { OpenTopic, TopicFeed } from './topic.ts';

/**
 * The original events of a topic's dead letters (`dead:NAME`), to be handled again.
 *
 * Each letter is one line, so that lines are numbered as the letters are: of a letter whose event cannot be handled again,
 * and of one that is gone since a repair or a compaction, the line is blank. The source ends where the letters ended when it was opened first, and this end is kept with the
 * position: a run that was killed and is started again handles no letter that it has written itself, so that it comes to
 * the same as one that was never killed.
 */

export function deadSource(input: string, openTopic: OpenTopic, tell: (note: string) => void): SourceSpec {
  const [, name] = /^dead:([a-z0-9][a-z0-9._-]{0,99})$/.exec(input) ?? [];
  if (name === undefined) {
    throw new MillraceError(
      'MILLRACE_USAGE',
      `"${input}" does not name a topic whose dead letters are read`,
      {
        hint: 'write dead:NAME, as in dead:errors',
      },
    );
  }
  const topic = deadTopicOf(name);
  return {
    name: input,
    id: input,
    live: false,
    check: async () => {
      await openTopic(topic, undefined);
      return undefined;
    },
    open: async positions => {
      const feed = await openTopic(topic, undefined);
      return new DeadSource(name, feed, tell, positions[input] as DeadPosition | undefined);
    },
  };
}

interface DeadPosition extends Position {
  readonly epoch: number;
  /** The offset in the topic of dead letters at which the source ends. */
  readonly end: number;
}

/** What is made of the letters at once: so much, or so many. */
const PIECE_BYTES = 64 * 1024;
const PIECE_LETTERS = 1024;
const NEWLINE = 0x0a;
const NEWLINE_BYTES = Buffer.from('\n');
const NOTHING = new Uint8Array(0);

class DeadSource implements Source {
  readonly start: Reached;
  readonly #name: string;
  readonly #feed: TopicFeed;
  readonly #tell: (note: string) => void;
  readonly #end: number;
  /** That of the letters that are read, also where the topic is started over meanwhile. */
  readonly #epoch: number;
  #frames: ReturnType<TopicFeed['frames']> | undefined;
  /** Letters that are read, and events that are made of them. */
  #letters: Uint8Array = new Uint8Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  /** How many offsets before those of `#letters` no segment has. */
  #missing = 0;
  /** Offset of the first letter that no event was made of yet. */
  #next: number;
  /** Where the events stood first: of the letters from `#originsFrom` on. */
  #origins: (Origin | undefined)[] = [];
  #originsFrom: number;
  readonly #lost = { cut: 0, rest: 0 };

  constructor(
    name: string,
    feed: TopicFeed,
    tell: (note: string) => void,
    position: DeadPosition | undefined,
  ) {
    this.#name = name;
    this.#feed = feed;
    this.#tell = tell;
    // Those that are kept no more were given up by whoever had them removed; of those that are left to do none may be.
    const { offset, line } = position ?? { ...AT_START, line: feed.state.earliest };
    this.start = { offset, line, unfinished: false };
    const { offset: last } = feed.state.end;
    if (position !== undefined && (position.epoch !== feed.epoch || line > last))
      throw startedOver(name, line);
    const isUnderWay = position !== undefined && line < position.end;
    this.#epoch = feed.epoch;
    this.#end = isUnderWay ? position.end : last;
    this.#next = line;
    this.#originsFrom = line;
    if (line === last) tell(nothingLeft(name, last));
    else if (this.#end < last) tell(someLater(name, last - this.#end));
  }

  readable(): undefined {
    return undefined;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    while (this.#bytes.length === 0) {
      if (this.#next >= this.#end) {
        this.#tellLost();
        return 'end';
      }
      if (this.#missing === 0 && this.#letters.length === 0) await this.#nextFrame();
      this.#makeEvents();
    }
    const length = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return length;
  }

  async positions(reached: Reached): Promise<Positions> {
    const position = { ...reached, epoch: this.#epoch, end: this.#end } satisfies DeadPosition;
    return { [`dead:${this.#name}`]: position };
  }

  originOf(linesBefore: number): Origin | undefined {
    return this.#origins[linesBefore - this.#originsFrom];
  }

  settled(lines: number): void {
    const count = Math.min(lines - this.#originsFrom, this.#origins.length);
    this.#origins.splice(0, count);
    this.#originsFrom += count;
  }

  async close(): Promise<void> {
    await this.#frames?.return(undefined);
  }

  async #nextFrame(): Promise<void> {
    this.#frames ??= this.#feed.frames(this.#next);
    const { value: frame, done } = await this.#frames.next();
    if (done === true) throw new Error(`the dead letters of "${this.#name}" end before ${this.#end}`);
    // The first one may begin before the letter that is wanted.
    let at = 0;
    for (let left = this.#next - frame.offset; left > 0; left--) at = frame.bytes.indexOf(NEWLINE, at) + 1;
    this.#letters = frame.bytes.subarray(at);
    this.#missing = Math.max(0, Math.min(frame.offset, this.#end) - this.#next);
  }

  /** Makes events of the next letters, some at a time. */
  #makeEvents(): void {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    let letters = 0;
    while (
      (this.#missing > 0 || this.#letters.length > 0) &&
      this.#next < this.#end &&
      bytes < PIECE_BYTES &&
      letters < PIECE_LETTERS
    ) {
      const letter = this.#takeLetter();
      const event = letter === undefined ? NOTHING : this.#eventOf(letter);
      pieces.push(event, NEWLINE_BYTES);
      bytes += event.length + 1;
      letters++;
      this.#next++;
      this.#origins.push(letter && { source: letter.source, line: letter.line, offset: letter.offset });
    }
    this.#bytes = Buffer.concat(pieces);
  }

  /** The next letter, or undefined where it is gone. */
  #takeLetter(): DeadLetter | undefined {
    if (this.#missing > 0) {
      this.#missing--;
      return undefined;
    }
    const newline = this.#letters.indexOf(NEWLINE);
    const bytes = this.#letters.subarray(0, newline);
    this.#letters = this.#letters.subarray(newline + 1);
    return bytes.length === 0 ? undefined : letterAt(bytes, this.#name, this.#next);
  }

  /** The event, or nothing where it cannot be handled again. */
  #eventOf(letter: DeadLetter): Uint8Array {
    const kept = keptBytes(letter);
    const lost = whyLost(letter, kept);
    if (lost === undefined) return kept;
    this.#lost[lost]++;
    return NOTHING;
  }

  #tellLost(): void {
    const { cut, rest } = this.#lost;
    if (cut > 0) {
      this.#tell(
        `${counted(cut)} of "${this.#name}" passed over: the line was too long, and only its beginning was kept`,
      );
    }
    if (rest > 0) {
      this.#tell(`${counted(rest)} of "${this.#name}" passed over: the rest of a line is no event`);
    }
    this.#lost.cut = 0;
    this.#lost.rest = 0;
  }
}

function letterAt(bytes: Uint8Array, name: string, offset: number): DeadLetter {
  const letter = readDeadLetter(Buffer.from(bytes).toString('utf8'));
  if (letter !== undefined) return letter;
  throw new MillraceError(
    'MILLRACE_STORE_CORRUPT',
    `offset ${offset} of the topic "${deadTopicOf(name)}" is not a dead letter`,
  );
}

function startedOver(name: string, line: number): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_CHANGED',
    `the topic "${name}" was started over since this job has read its dead letters up to offset ${line}`,
    { hint: 'start this job over as well with --fresh, or begin another one with --job NAME --to TOPIC' },
  );
}

function nothingLeft(name: string, letters: number): string {
  return letters === 0
    ? `"${name}" has no dead letters`
    : `all dead letters of "${name}" were retried before (${letters})`;
}

function someLater(name: string, letters: number): string {
  return `this goes on with a retry that was begun before; ${counted(letters)} of "${name}" came later, and the next retry has them`;
}

function counted(letters: number): string {
  return letters === 1 ? '1 dead letter' : `${letters} dead letters`;
}
