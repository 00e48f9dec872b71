import { SpaceSaving } from '../base/space-saving.ts';
import { type DeadTopic, type Found, lettersFrom } from './dead-topic.ts';

/** What `millrace dead list` tells of a topic's dead letters, in memory that does not grow with their number. */

export interface DeadReport {
  readonly topic: string;
  /** Letters of the reason that was asked for, or all. */
  readonly letters: number;
  /** The offset before which the letters were retried. */
  readonly retriedBefore: number;
  readonly reasons: readonly ReasonFigures[];
  readonly last: readonly LetterRow[];
}

export interface ReasonFigures {
  readonly reason: string;
  readonly count: number;
  /** When the first and the last of them were committed. */
  readonly first: string;
  readonly last: string;
  /** The most frequent ones, the most frequent first; where there are very many, the counts may be too high. */
  readonly messages: readonly { readonly message: string; readonly count: number }[];
}

export interface LetterRow {
  readonly offset: number;
  readonly time: string;
  readonly retried: boolean;
  readonly source: string;
  readonly line: number;
  readonly reason: string;
  readonly message: string;
}

/** Different messages that are counted for each reason, how much of each, and how many are told. */
const MESSAGES_COUNTED = 500;
const MESSAGE_LENGTH = 300;
const MESSAGES_TOLD = 3;

/** Reads all letters, of `reason` where it is given; keeps the last `count` of them. */
export async function reportOf(
  { topic, reader, retried }: DeadTopic,
  count: number,
  reason: string | undefined,
): Promise<DeadReport> {
  const reasons = new Map<string, ReasonCount>();
  let last: Found[] = [];
  let letters = 0;
  for await (const found of lettersFrom(reader)) {
    if (reason !== undefined && found.letter.reason !== reason) continue;
    letters++;
    const counted = reasons.get(found.letter.reason) ?? new ReasonCount(found);
    reasons.set(found.letter.reason, counted);
    counted.add(found);
    last.push(withoutEvent(found));
    if (last.length >= 2 * count + 100) last = lastOf(last, count);
  }
  return {
    topic,
    letters,
    retriedBefore: retried,
    reasons: [...reasons].map(([name, counted]) => counted.figures(name)).sort((a, b) => b.count - a.count),
    last: lastOf(last, count).map(found => rowOf(found, retried)),
  };
}

class ReasonCount {
  readonly #messages = new SpaceSaving(MESSAGES_COUNTED);
  readonly #first: number;
  #last: number;

  constructor({ time }: Found) {
    this.#first = time;
    this.#last = time;
  }

  add({ time, letter }: Found): void {
    this.#last = time;
    this.#messages.add(beginningOf(letter.error.message));
  }

  figures(reason: string): ReasonFigures {
    return {
      reason,
      count: this.#messages.total,
      first: new Date(this.#first).toISOString(),
      last: new Date(this.#last).toISOString(),
      messages: this.#messages.top(MESSAGES_TOLD).map(({ value, count }) => ({ message: value, count })),
    };
  }
}

/** A string of its own, so that the whole message is not kept with it. */
function beginningOf(message: string): string {
  return message.length <= MESSAGE_LENGTH
    ? message
    : Buffer.from(message.slice(0, MESSAGE_LENGTH)).toString();
}

function withoutEvent({ offset, time, letter }: Found): Found {
  const { source, line, reason, error } = letter;
  return { offset, time, letter: { source, line, offset: letter.offset, reason, error } };
}

function lastOf(found: Found[], count: number): Found[] {
  return found.slice(Math.max(0, found.length - count));
}

function rowOf({ offset, time, letter }: Found, retried: number): LetterRow {
  const { source, line, reason, error } = letter;
  const when = new Date(time).toISOString();
  return { offset, time: when, retried: offset < retried, source, line, reason, message: error.message };
}
