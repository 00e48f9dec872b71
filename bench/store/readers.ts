import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BenchOptions } from '../options.ts';
import { median } from '../rounds.ts';
import { formatTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { compiled } from './programs.ts';

/**
 * What a hundred readers in other processes cost a writer that commits twenty times a second, and how long after a commit was
 * begun they have its events.
 */

const SECONDS = 8;
const ROUNDS = 3;
const READERS = [0, 1, 100] as const;
const READERS_PER_PROCESS = 25;

export interface ReadersResult {
  readonly readers: number;
  readonly commitMs: Percentiles;
  readonly writerCpuSeconds: number;
  readonly seenMs: Percentiles | undefined;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export async function benchReaders(
  options: BenchOptions,
  workspace: Workspace,
): Promise<readonly ReadersResult[]> {
  const rounds: Measurement[][] = READERS.map(() => []);
  for (let round = 0; round < (options.rounds ?? ROUNDS); round++) {
    for (const [index, readers] of READERS.entries()) {
      workspace.sweep();
      rounds[index]!.push(await follow(options.node, workspace.attemptPath('store'), readers));
    }
  }
  const results = READERS.map((readers, index): ReadersResult => {
    const commits = rounds[index]!.flatMap(({ commitMs }) => commitMs);
    const seen = rounds[index]!.flatMap(({ seenMs }) => seenMs);
    return {
      readers,
      commitMs: percentiles(commits),
      writerCpuSeconds: median(rounds[index]!.map(({ cpuSeconds }) => cpuSeconds)),
      seenMs: seen.length === 0 ? undefined : percentiles(seen),
    };
  });
  const lines = results.map(({ readers, commitMs, writerCpuSeconds, seenMs }) => [
    String(readers),
    commitMs.p50.toFixed(1),
    commitMs.p99.toFixed(1),
    writerCpuSeconds.toFixed(2),
    seenMs?.p50.toFixed(0) ?? '',
    seenMs?.p99.toFixed(0) ?? '',
  ]);
  const header = ['readers', 'commit p50 ms', 'p99', "writer's CPU s", 'seen after p50 ms', 'p99'];
  console.log(`\n${formatTable(header, lines)}`);
  return results;
}

interface Measurement {
  readonly commitMs: readonly number[];
  readonly cpuSeconds: number;
  readonly seenMs: readonly number[];
}

async function follow(node: string, store: string, count: number): Promise<Measurement> {
  const writer = start(node, 'paced-writer', store, String(SECONDS));
  await writer.open;
  const followers: Started[] = [];
  for (let left = count; left > 0; left -= READERS_PER_PROCESS) {
    followers.push(start(node, 'followers', store, String(Math.min(left, READERS_PER_PROCESS))));
  }
  await Promise.all(followers.map(({ open }) => open));
  const written = JSON.parse(await writer.output) as { tookMs: number[]; cpuSeconds: number };
  for (const { child } of followers) child.stdin!.end();
  const seen = await Promise.all(followers.map(({ output }) => output));
  return {
    commitMs: written.tookMs,
    cpuSeconds: written.cpuSeconds,
    seenMs: seen.flatMap(text => (JSON.parse(text) as { tookMs: number[] }).tookMs),
  };
}

interface Started {
  readonly child: ChildProcess;
  /** Resolves when it has begun. */
  readonly open: Promise<unknown>;
  readonly output: Promise<string>;
}

function start(node: string, name: string, ...args: readonly string[]): Started {
  const child = spawn(node, [compiled(name), ...args]);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
  return { child, open: once(child.stderr, 'data'), output: once(child, 'close').then(() => stdout) };
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
