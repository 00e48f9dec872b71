/** What millrace promises: the lowest that the rate of one case may be, as a ratio to that of another. */

export interface Goal {
  /** Of what. */
  readonly claim: string;
  readonly of: string;
  readonly to: string;
  readonly atLeast: number;
}

/** The ceiling that everything is compared with: it changes every event. */
export const CEILING = 'a';

export const GOALS: readonly Goal[] = [
  { claim: 'filter', of: 'd', to: CEILING, atLeast: 3 },
  { claim: 'mark, with a key', of: 'b', to: CEILING, atLeast: 2 },
  { claim: '--where', of: 'w', to: CEILING, atLeast: 4 },
  { claim: 'spread, with a key', of: 'bs', to: 'as', atLeast: 0.9 },
  { claim: 'mark, a key against none', of: 'b', to: 'c', atLeast: 0.9 },
  { claim: '--where against DuckDB', of: 'w', to: 'duckdb', atLeast: 2 },
  { claim: '--where against jq', of: 'w', to: 'jq', atLeast: 15 },
  { claim: 'mark against the naive program', of: 'b', to: 'e', atLeast: 10 },
];
