import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from './options.ts';
import { formatTable } from './table.ts';
import { ROOT, type Workspace } from './workspace.ts';

/** How well `millrace replay` keeps time, as a process that receives the events on a socket sees it. */

const PACES = [
  { speed: 1, seconds: 20, meanMs: 10 },
  { speed: 10, seconds: 20, meanMs: 20 },
  { speed: 100, seconds: 10, meanMs: 20 },
] as const;
const GOAL_LATE_P99_MS = 5;
const GOAL_DRIFT = 0.01;
const START_MS = Date.UTC(2026, 0);

export interface PaceRow {
  readonly speed: number;
  readonly events: number;
  /** Later than the schedule says that begins with the most punctual event. */
  readonly lateMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How much longer the whole took than it should have, as a share. */
  readonly drift: number;
}

export async function benchPace(options: BenchOptions, workspace: Workspace): Promise<readonly PaceRow[]> {
  const paces: PaceRow[] = [];
  for (const { speed, seconds, meanMs } of PACES) {
    const path = workspace.path(`paced-${speed}.ndjson`);
    writeFileSync(path, events(seconds * 1000 * speed, meanMs, options.seed));
    paces.push(await pace(path, speed, options.node));
  }
  console.log(paceReport(paces));
  return paces;
}

/** Events at random distances, as independent senders make them, in numbers of milliseconds. */
function events(spanMs: number, meanMs: number, seed: number): string {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  const lines: string[] = [];
  for (let ms = 0; ms < spanMs; ms += Math.round(-Math.log(random()) * meanMs)) {
    lines.push(`{"n":${lines.length},"ts":${START_MS + ms},"path":"/items/${lines.length}"}\n`);
  }
  return lines.join('');
}

async function pace(path: string, speed: number, node: string): Promise<PaceRow> {
  const receiver = spawn(node, [fileURLToPath(new URL('programs/receiver.js', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = createInterface(receiver.stdout)[Symbol.asyncIterator]();
  const port = String((await said.next()).value);
  const args = [`${ROOT}dist/bin/millrace.js`, 'replay', path, '--speed', `${speed}x`];
  const sender = spawn(node, [...args, '--to', `tcp://127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [status] = (await once(sender, 'close')) as [number | null];
  if (status !== 0) {
    receiver.kill();
    throw new Error(`millrace replay ended with ${status}`);
  }
  return rowOf(speed, JSON.parse(String((await said.next()).value)) as [number, number][]);
}

function rowOf(speed: number, arrivals: readonly (readonly [tsMs: number, atMs: number])[]): PaceRow {
  const delays = arrivals.map(([tsMs, atMs]) => atMs - (tsMs - START_MS) / speed);
  const punctual = delays.reduce((least, delay) => Math.min(least, delay), Number.POSITIVE_INFINITY);
  const late = delays.map(delay => delay - punctual).sort((a, b) => a - b);
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))]!;
  const [first, last] = [arrivals[0]!, arrivals.at(-1)!];
  const wantedMs = (last[0] - first[0]) / speed;
  return {
    speed,
    events: arrivals.length,
    lateMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    drift: (last[1] - first[1]) / wantedMs - 1,
  };
}

function paceReport(rows: readonly PaceRow[]): string {
  const cells = rows.map(({ speed, events: count, lateMs, drift }) => [
    `${speed}x`,
    String(count),
    lateMs.p50.toFixed(2),
    lateMs.p99.toFixed(2),
    lateMs.max.toFixed(2),
    `${(drift * 100).toFixed(3)}%`,
    lateMs.p99 <= GOAL_LATE_P99_MS && Math.abs(drift) < GOAL_DRIFT ? 'yes' : 'no',
  ]);
  const head = [
    'speed',
    'events',
    'late p50 ms',
    'p99 ms',
    'max ms',
    'drift',
    `p99 ≤ ${GOAL_LATE_P99_MS}, drift < 1%`,
  ];
  return formatTable(head, cells);
}
