import type { ChunkFates, Emission } from './side.ts';

/** What became of one line: bytes while they suffice, and texts where there is a difference to tell. */

export interface LineOutcome {
  /** Whole events, each with its newline. */
  readonly bytes: Buffer;
  readonly emitted: readonly Emission[];
  /** The dead letter. */
  readonly dead: string | undefined;
}

const NOTHING = Buffer.alloc(0);
const NO_EMISSIONS: readonly Emission[] = [];

/** The line itself, with its newline. */
export function lineOf({ lines, lineEnds }: ChunkFates, line: number): Buffer {
  return lines.subarray(line === 0 ? 0 : lineEnds[line - 1], lineEnds[line]);
}

export function outcomeOf(chunk: ChunkFates, line: number): LineOutcome {
  const { given, givenEnds, fates, emitted, dead } = chunk;
  const fate = fates[line];
  const bytes =
    fate === 'passed'
      ? lineOf(chunk, line)
      : fate === 'given'
        ? given.subarray(line === 0 ? 0 : givenEnds[line - 1], givenEnds[line])
        : NOTHING;
  return { bytes, emitted: emitted.get(line) ?? NO_EMISSIONS, dead: dead.get(line) };
}

/** The outcome of a line that is what it was: the stored event. */
export function storedOutcome(chunk: ChunkFates, line: number): LineOutcome {
  return { bytes: lineOf(chunk, line), emitted: NO_EMISSIONS, dead: undefined };
}
