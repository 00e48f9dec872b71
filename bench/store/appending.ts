import { spawnSync } from 'node:child_process';
import { median } from '../rounds.ts';
import type { Measured, Program } from '../measure.ts';
import { ROOT, type Workspace } from '../workspace.ts';
import { compiled } from './programs.ts';

/**
 * The same events, each made durable within the same interval: by plain write and fdatasync, into a topic, into SQLite, and
 * into a JetStream stream. What is not installed is left out.
 */

const INTERVAL_MS = 100;

export interface AppendCase {
  readonly name: string;
  readonly program: () => Program;
  /** How many times as fast as this the log is to be. */
  readonly goal?: number;
}

export function appendCases(input: string, node: string, workspace: Workspace): readonly AppendCase[] {
  const interval = String(INTERVAL_MS);
  const own = (mode: string, target: string): Program => ({
    command: node,
    args: [compiled('append'), mode, input, workspace.attemptPath(target), interval],
  });
  const cases: AppendCase[] = [
    { name: 'write and fdatasync', program: () => own('plain', 'plain'), goal: 0.8 },
    { name: 'millrace log', program: () => own('log', 'store') },
  ];
  if (isInstalled('python3', '-c', 'import sqlite3')) {
    const script = `${ROOT}bench/programs/append-sqlite.py`;
    const program = (): Program => ({
      command: 'python3',
      args: [script, input, workspace.attemptPath('events.db'), interval],
    });
    cases.push({ name: 'SQLite, WAL, FULL', program, goal: 5 });
  }
  const nats = /v(\d+)\.(\d+)/.exec(spawnSync('nats-server', ['--version']).stdout?.toString() ?? '');
  if (nats !== null) {
    // Older ones cannot be told to sync more often than every two minutes: what they acknowledge is not durable.
    const syncs = Number(nats[1]) > 2 || Number(nats[2]) >= 10;
    const program = (): Program => ({
      command: node,
      args: [compiled('append-jetstream'), input, workspace.attemptPath('jetstream'), syncs ? interval : '0'],
    });
    cases.push({ name: syncs ? 'JetStream' : 'JetStream, not synced', program, goal: 5 });
  }
  return cases;
}

/** How often the events were made durable. */
export function syncsOf(rounds: readonly Measured[]): number {
  return median(rounds.map(({ stdout }) => (JSON.parse(stdout) as { syncs: number }).syncs));
}

function isInstalled(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}
