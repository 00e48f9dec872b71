import { fileURLToPath } from 'node:url';
import { ROOT } from './workspace.ts';

/**
 * What is asked of which data: the generated events, and real ones, of which no copy is kept here (`--data` says where
 * they are). The same question is put to every program in its own language: about one event in twenty is kept.
 */

/** What is done with an event: kept or dropped as it is, changed, or made anew. A handler of each set has this name. */
export type Work = 'filter' | 'mark' | 'spread';

export interface DataSet {
  readonly name: string;
  readonly key: string;
  /** The filter as `--where`, as the argument of jq's `select`, and as SQL over `json`. */
  readonly where: string;
  readonly jq: string;
  readonly sql: string;
  /** Whether every text and number is spelled as JSON.stringify and jq spell it, so that they keep its bytes. */
  readonly canonical: boolean;
}

export const GENERATED: DataSet = {
  name: 'access',
  key: 'client.ip',
  where: 'status >= 500',
  jq: '.status >= 500',
  sql: "CAST(json->>'$.status' AS INTEGER) >= 500",
  canonical: true,
};

/** Each is named after its file. */
export const REAL: readonly DataSet[] = [
  {
    name: 'weblogs',
    key: 'clientip',
    where: 'response >= 500',
    jq: '.response >= 500',
    sql: "CAST(json->>'$.response' AS INTEGER) >= 500",
    canonical: true,
  },
  {
    name: 'zeek-dns',
    key: '/id.orig_h',
    where: 'rcode_name == "NXDOMAIN"',
    jq: '.rcode_name == "NXDOMAIN"',
    sql: "json->>'$.rcode_name' = 'NXDOMAIN'",
    canonical: false,
  },
  {
    name: 'wikipedia-edits',
    key: 'user',
    where: 'delta > 1000',
    jq: '.delta > 1000',
    sql: "CAST(json->>'$.delta' AS INTEGER) > 1000",
    canonical: true,
  },
  {
    name: 'windows-events',
    key: 'ProcessId',
    where: 'EventID == 11',
    jq: '.EventID == 11',
    sql: "CAST(json->>'$.EventID' AS INTEGER) = 11",
    canonical: false,
  },
];

const SETS: readonly DataSet[] = [GENERATED, ...REAL];

export function setNamed(name: string): DataSet {
  const found = SETS.find(set => set.name === name);
  if (found === undefined)
    throw new Error(`--set takes ${SETS.map(set => set.name).join(', ')}, not "${name}"`);
  return found;
}

/** The handler as it was written, for millrace, which compiles it. */
export function typedHandler({ name }: DataSet, work: Work): string {
  return `${ROOT}bench/handlers/${name}/${work}.ts`;
}

/** The same handler, compiled with the bench, for programs that import it. */
export function builtHandler({ name }: DataSet, work: Work): string {
  return fileURLToPath(new URL(`./handlers/${name}/${work}.js`, import.meta.url));
}
