import type { ChunkFates, Emission, KeyEnds } from './side.ts';

/** What became of one line, or came of one key at the end: bytes while they suffice, and texts where there is a difference to tell. */

export interface LineOutcome {
  /** Whole events, each with its newline. */
  readonly bytes: Buffer;
  readonly emitted: readonly Emission[];
  /** The dead letter. */
  readonly dead: string | undefined;
}

const NOTHING = Buffer.alloc(0);
const NO_EMISSIONS: readonly Emission[] = [];

export const NO_OUTCOME: LineOutcome = { bytes: NOTHING, emitted: NO_EMISSIONS, dead: undefined };

/** The line itself, with its newline. */
export function lineOf({ lines, lineEnds }: ChunkFates, line: number): Buffer {
  return lines.subarray(line === 0 ? 0 : lineEnds[line - 1], lineEnds[line]);
}

export function outcomeOf(chunk: ChunkFates, line: number): LineOutcome {
  const { fates, emitted, dead } = chunk;
  const fate = fates[line];
  const bytes =
    fate === 'passed' ? lineOf(chunk, line) : fate === 'given' ? givenBytes(chunk, line) : NOTHING;
  return { bytes, emitted: emitted.get(line) ?? NO_EMISSIONS, dead: dead.get(line) };
}

/** What the key with this number gave at the end of the input. */
export function endOutcomeOf(ends: KeyEnds, at: number): LineOutcome {
  return { bytes: givenBytes(ends, at), emitted: ends.emitted.get(at) ?? NO_EMISSIONS, dead: undefined };
}

function givenBytes({ given, givenEnds }: Pick<ChunkFates, 'given' | 'givenEnds'>, at: number): Buffer {
  return given.subarray(at === 0 ? 0 : givenEnds[at - 1], givenEnds[at]);
}

/** The outcome of a line that is what it was: the stored event. */
export function storedOutcome(chunk: ChunkFates, line: number): LineOutcome {
  return { bytes: lineOf(chunk, line), emitted: NO_EMISSIONS, dead: undefined };
}
