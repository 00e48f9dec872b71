import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { watchDisturbance } from '../disturbance.ts';
import { describeMachine, type Machine } from '../machine.ts';
import type { CommandLine } from '../options.ts';
import { ROOT, type Workspace } from '../workspace.ts';
import { type Part, type PartRow, PARTS } from './parts.ts';
import { renderPage } from './render.ts';

/**
 * Writes docs/BENCHMARKS.md. What each part has measured with each version of Node is kept in docs/benchmarks.json, so that parts can be
 * measured one after the other, and renewed alone; after each the page is written anew.
 */

/** What a part has measured with one version of Node. */
export interface PartRecord {
  readonly part: string;
  readonly machine: Machine;
  readonly disturbed: string;
  /** The day in UTC. */
  readonly day: string;
  readonly seconds: number;
  /** In millions of bytes; undefined where there is no input. */
  readonly mb: number | undefined;
  readonly rounds: number | undefined;
  readonly rows: readonly PartRow[];
}

const KEPT = `${ROOT}docs/benchmarks.json`;
const PAGE = `${ROOT}docs/BENCHMARKS.md`;

export async function benchPage(
  { nodes, parts, ...options }: CommandLine,
  workspace: Workspace,
): Promise<void> {
  for (const part of partsNamed(parts)) {
    for (const node of nodes) {
      const machine = describeMachine(node);
      console.log(`\n== ${part.title}, node ${machine.node}`);
      const startMs = performance.now();
      const disturbance = watchDisturbance();
      const { mb = part.mb, rounds = part.rounds } = options;
      const rows = await part.measure({ ...options, mb, rounds, node }, workspace);
      const disturbed = disturbance();
      const seconds = Math.round((performance.now() - startMs) / 1000);
      const day = new Date().toISOString().slice(0, 10);
      console.log(`\n${disturbed}; ${seconds} s`);
      keep({ part: part.name, machine, disturbed, day, seconds, mb, rounds, rows });
    }
  }
  // Where nothing was measured, too: the words of the page may have changed.
  writeWhole(PAGE, renderPage(PARTS, readKept()));
}

function partsNamed(names: readonly string[] | undefined): readonly Part[] {
  if (names === undefined) return PARTS;
  const known = PARTS.map(({ name }) => name);
  const unknown = names.filter(name => name !== 'none' && !known.includes(name));
  if (unknown.length > 0) throw new Error(`--part knows ${known.join(', ')}, not ${unknown.join(', ')}`);
  return PARTS.filter(({ name }) => names.includes(name));
}

function readKept(): readonly PartRecord[] {
  return existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as readonly PartRecord[]) : [];
}

/** Keeps a record in the place of the one that the part had for this version of Node, and writes the page. */
function keep(record: PartRecord): void {
  const others = readKept().filter(
    ({ part, machine }) => part !== record.part || majorOf(machine) !== majorOf(record.machine),
  );
  const records = [...others, record].sort(
    (a, b) => placeOf(a) - placeOf(b) || majorOf(a.machine) - majorOf(b.machine),
  );
  writeWhole(KEPT, `${JSON.stringify(records, undefined, 2)}\n`);
  writeWhole(PAGE, renderPage(PARTS, records));
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

function placeOf({ part }: PartRecord): number {
  return PARTS.findIndex(({ name }) => name === part);
}

/** 24 of `v24.1.0`. */
function majorOf({ node }: Machine): number {
  return Number.parseInt(node.slice(1), 10);
}
