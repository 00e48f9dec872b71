import type { Input } from '../../src/replay/inputs.ts';
import { Pacer } from '../../src/replay/pacer.ts';
import { WHOLE } from '../../src/replay/pieces.ts';
import { type PacedOptions, pacedSources } from '../../src/replay/replayed-source.ts';
import {
  AT_START,
  type Position,
  type Positions,
  type Reached,
  type Source,
} from '../../src/source/contract.ts';
import type { TopicReader } from '../../src/store/topic-reader.ts';
import { FakeAlarm } from './fake-alarm.ts';

/**
 * Replays with a handler, as far as their sources go: inputs in memory, read one after the other as a run reads them, up to a
 * commit anywhere, and from there again.
 */

/** An input in memory, which is read so many bytes at a time; its lines can be numbered from elsewhere, as dead letters are. */
export function memoryInput(name: string, text: string, readBytes = 7, firstLine = 0): Input {
  const bytes = Buffer.from(text);
  const open = async (positions: Positions): Promise<Source> => {
    const { offset, line, unfinished } = (positions[name] ?? { ...AT_START, line: firstLine }) as Position;
    let at = offset;
    return {
      start: { offset, line, unfinished },
      readable: () => undefined,
      read: async into => {
        const length = Math.min(readBytes, into.length, bytes.length - at);
        into.set(bytes.subarray(at, at + length));
        at += length;
        return length === 0 ? 'end' : length;
      },
      positions: async reached => ({ [name]: { ...reached, own: bytes.length } }),
      close: async () => undefined,
    };
  };
  const spec = { name, id: name, live: false, check: async () => bytes.length, open };
  return { kind: 'source', input: name, name, spec };
}

interface Commit {
  /** Whole lines. */
  readonly text: string;
  /** In milliseconds since 1970. */
  readonly time: number;
}

/** A topic in memory, to which more is committed when it was read to its end. */
export function topicInput(name: string, commits: readonly Commit[], later: readonly Commit[] = []): Input {
  const all = framesOf([...commits, ...later]);
  let known = all.slice(0, commits.length);
  const reader = {
    epoch: 0,
    get state() {
      const { offset, events } = known.at(-1) ?? { offset: 0, events: 0 };
      return { earliest: 0, end: { offset: offset + events } };
    },
    startOf: (offset: number) => offset,
    async *frames(from: number, fromTime = 0) {
      const first = known.findIndex(({ offset, events, time }) => offset + events > from && time >= fromTime);
      if (first >= 0) yield* known.slice(first);
    },
    refresh: async () => {
      known = all;
      return true;
    },
  };
  const own = reader as unknown as TopicReader;
  return { kind: 'topic', input: `topic:${name}`, name, reader: own, reopen: async () => own };
}

function framesOf(commits: readonly Commit[]) {
  let next = 0;
  return commits.map(({ text, time }) => {
    const events = text.split('\n').length - 1;
    const frame = { bytes: Buffer.from(text), events, offset: next, time, sparse: false };
    next += events;
    return frame;
  });
}

export function pacedOptions(options: Partial<PacedOptions> = {}): PacedOptions {
  const stopped = new AbortController().signal;
  const [speed, gapMsMax] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return {
    stretch: WHOLE,
    timeField: undefined,
    timeUnit: undefined,
    pacer: new Pacer({ speed, gapMsMax, alarm: new FakeAlarm(), stopped }),
    stopped,
    onShare: () => undefined,
    ...options,
  };
}

/** What a run has committed. */
export interface Committed {
  /** The lines that are not blank. */
  readonly events: readonly string[];
  readonly positions: Positions;
}

const NOTHING: Committed = { events: [], positions: {} };

/** Goes on from `before`, reads all, and commits so many lines of it. */
export async function pacedRun(
  inputs: readonly Input[],
  options: PacedOptions,
  before = NOTHING,
  linesMax = Number.POSITIVE_INFINITY,
): Promise<Committed> {
  const events = [...before.events];
  let { positions } = before;
  let left = linesMax;
  for (const spec of pacedSources(
    inputs.map(input => ({ input })),
    options,
  )) {
    const source = await spec.open(before.positions);
    const taken = takenOf(await textOf(source), source.start, left);
    left -= taken.lines;
    events.push(...taken.events);
    source.settled?.(taken.reached.line);
    positions = { ...positions, ...(await source.positions(taken.reached)) };
    if (left === 0) break;
  }
  return { events, positions };
}

async function textOf(source: Source): Promise<string> {
  const into = new Uint8Array(16);
  let text = '';
  for (;;) {
    await source.readable();
    const length = await source.read(into);
    if (length === 'end') return text;
    text += Buffer.from(into.subarray(0, length)).toString('latin1');
  }
}

/** What a run that began at `start` makes of the first lines of `text`. */
function takenOf(
  text: string,
  start: Reached,
  linesMax: number,
): { readonly events: string[]; readonly lines: number; readonly reached: Reached } {
  const lines = (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(0, linesMax);
  const offset = start.offset + lines.join('').length;
  const unfinished = lines.length === 0 ? start.unfinished : !lines.at(-1)!.endsWith('\n');
  // The rest of a line that was unfinished is no new one.
  const line = start.line + lines.length - (start.unfinished && lines.length > 0 ? 1 : 0);
  const events = lines.map(each => each.trim()).filter(each => each !== '');
  return { events, lines: lines.length, reached: { offset, line, unfinished } };
}
