import { resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import {
  AT_START,
  type Position,
  type Positions,
  type Reached,
  type Source,
  type SourceSpec,
} from './contract.ts';

/**
 * Another topic (`topic:NAME`, `topic:NAME@STORE`), so that stages can be chained as separate processes.
 *
 * Only what is committed is read, and the position is the offset of the next event: two stages joined so come to the same
 * result as one, however often either of them is killed.
 */

/** The committed events of a topic, as the store gives them. */
export interface TopicFeed {
  /** How often the topic was emptied. */
  readonly epoch: number;
  /** From where on it is kept, and how far it is known to go. */
  readonly state: { readonly earliest: number; readonly end: { readonly offset: number } };
  /** Runs of events from the one on that holds `offset`; bytes are valid until the next is asked for. */
  readonly frames: (offset: number) => AsyncGenerator<{
    readonly bytes: Uint8Array;
    readonly events: number;
    readonly offset: number;
    /** When they were committed, in milliseconds since 1970. */
    readonly time?: number;
  }>;
  /** Looks for new commits. */
  readonly refresh: () => Promise<boolean>;
  /** Resolves when there are some, or `signal` is aborted. */
  readonly changed: (signal: AbortSignal) => Promise<void>;
}

/** Opens a topic of a store; undefined for that of the run. */
export type OpenTopic = (name: string, store: string | undefined) => Promise<TopicFeed>;

export interface TopicOptions {
  /** Whether to go on as events are committed. */
  readonly follow: boolean;
  /** Ends the following: what is committed by then is still read. */
  readonly until?: AbortSignal;
}

export function topicSource(input: string, openTopic: OpenTopic, options: TopicOptions): SourceSpec {
  const [, name, store] = /^topic:([a-z0-9][a-z0-9._-]{0,99})(?:@(.+))?$/.exec(input) ?? [];
  if (name === undefined) {
    throw new MillraceError('MILLRACE_USAGE', `"${input}" does not name a topic`, {
      hint: 'write topic:NAME, or topic:NAME@STORE for one of another store',
    });
  }
  const id = store === undefined ? `topic:${name}` : `topic:${name}@${resolve(store)}`;
  return {
    name: input,
    id,
    live: options.follow,
    check: async () => {
      await openTopic(name, store);
      return undefined;
    },
    open: async positions => {
      const feed = await openTopic(name, store);
      return new TopicSource(input, id, feed, options, positions[id] as TopicPosition | undefined);
    },
  };
}

interface TopicPosition extends Position {
  readonly epoch: number;
}

const NEWLINE = 0x0a;

class TopicSource implements Source {
  readonly start: Reached;
  readonly #name: string;
  readonly #id: string;
  readonly #feed: TopicFeed;
  readonly #epoch: number;
  readonly #closing = new AbortController();
  #follow: boolean;
  #frames: ReturnType<TopicFeed['frames']> | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #committedMs = Number.NaN;
  /** Offset of the event after those of `#bytes`. */
  #next: number;
  /** How many offsets before those of `#bytes` have no event. */
  #missing = 0;
  #waiting: Promise<void> | undefined;

  constructor(
    name: string,
    id: string,
    feed: TopicFeed,
    { follow, until }: TopicOptions,
    position: TopicPosition | undefined,
  ) {
    this.#name = name;
    this.#id = id;
    this.#feed = feed;
    this.#follow = follow && until?.aborted !== true;
    this.#epoch = position?.epoch ?? feed.epoch;
    // One that begins takes what there is; one that goes on must find what it has not read yet.
    const { offset, line } = position ?? { ...AT_START, line: feed.state.earliest };
    this.start = { offset, line, unfinished: false };
    this.#next = line;
    this.#checkEpoch();
    until?.addEventListener('abort', () => {
      this.#follow = false;
      this.#closing.abort();
    });
  }

  readable(): Promise<void> | undefined {
    const feed = this.#feed;
    // A read will tell that it was started over.
    const isReadable = feed.epoch !== this.#epoch || this.#next < feed.state.end.offset;
    if (this.#missing > 0 || this.#bytes.length > 0 || isReadable || !this.#follow) return undefined;
    this.#waiting ??= feed
      .changed(this.#closing.signal)
      // A read will meet the failure.
      .catch(() => {
        this.#follow = false;
      })
      .finally(() => {
        this.#waiting = undefined;
      });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (this.#missing > 0) return this.#fillMissing(into);
    if (this.#bytes.length === 0) await this.#nextFrame();
    if (this.#missing > 0) return this.#fillMissing(into);
    if (this.#bytes.length === 0) return this.#follow ? 0 : 'end';
    const length = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return length;
  }

  committedMs(): number {
    return this.#committedMs;
  }

  async positions(reached: Reached): Promise<Positions> {
    return { [this.#id]: { ...reached, epoch: this.#epoch } satisfies TopicPosition };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#frames?.return(undefined);
  }

  async #nextFrame(): Promise<void> {
    for (let isFresh = false; ; isFresh = true) {
      // It may have been started over while this waited, and be longer by now than what was read of it.
      this.#checkEpoch();
      this.#frames ??= this.#feed.frames(this.#next);
      const { value: frame, done } = await this.#frames.next();
      if (done !== true) {
        this.#missing = Math.max(0, frame.offset - this.#next);
        // The first one may begin before the event that is wanted.
        this.#bytes = afterLines(frame.bytes, this.#next - frame.offset);
        this.#next = frame.offset + frame.events;
        this.#committedMs = frame.time ?? Number.NaN;
        if (this.#bytes.length > 0) return;
        continue;
      }
      this.#frames = undefined;
      // What was committed since the frames were listed comes in another list.
      if (isFresh && this.#next >= this.#feed.state.end.offset) return;
      await this.#feed.refresh();
    }
  }

  /** Offsets whose events were compacted away are blank lines, so that the number of lines stays that of offsets. */
  #fillMissing(into: Uint8Array): number {
    const length = Math.min(into.length, this.#missing);
    into.fill(NEWLINE, 0, length);
    this.#missing -= length;
    return length;
  }

  #checkEpoch(): void {
    const { epoch, state } = this.#feed;
    if (epoch === this.#epoch && this.#next <= state.end.offset) return;
    throw new MillraceError(
      'MILLRACE_SOURCE_CHANGED',
      `"${this.#name}" was started over since this job has read it up to offset ${this.#next}`,
      { hint: 'start this job over as well with --fresh, or begin another one with --job NAME --to TOPIC' },
    );
  }
}

function afterLines(bytes: Uint8Array, lines: number): Uint8Array {
  let at = 0;
  for (let left = lines; left > 0; left--) at = bytes.indexOf(NEWLINE, at) + 1;
  return bytes.subarray(at);
}
