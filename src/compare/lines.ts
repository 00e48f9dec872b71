import { canonical, type Exact, parseExactly } from './exact-json.ts';

/** The lines of an NDJSON file, or of what came out of a run. */

export interface Line {
  /** From 1; blank lines are counted, and are not among the lines. */
  readonly number: number;
  readonly text: string;
  /** Undefined where the line is not JSON. */
  readonly value: Exact | undefined;
  /** What two lines have in common if they are the same. */
  readonly same: string;
}

/** The lines of `text`; `exactly` takes only those for the same that have the same bytes. */
export function linesOf(text: string, exactly: boolean): Line[] {
  const lines: Line[] = [];
  for (const [index, piece] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (piece.trim() === '') continue;
    const value = parseExactly(piece);
    lines.push({
      number: index + 1,
      text: piece,
      value,
      same: exactly ? piece : sameText(piece, value),
    });
  }
  return lines;
}

function sameText(text: string, value: Exact | undefined): string {
  if (value === undefined) return text;
  try {
    return canonical(value);
  } catch {
    // Nested too deep to be looked into.
    return text;
  }
}
