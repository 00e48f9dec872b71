import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cachedInput } from '../generate.ts';
import { measure } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import { formatTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { compiled } from './programs.ts';

/** How long it takes until a job can be written to again after a kill, with a topic of a hundredth and with all of it. */

const GOAL_SECONDS = 1;
const SHARES = [0.01, 1] as const;

export interface RecoveryResult {
  readonly mb: number;
  readonly seconds: number;
  /** What lay beyond the last commit. */
  readonly cutBytes: number;
}

export async function benchRecovery(
  mb: number,
  { node, seed }: BenchOptions,
  workspace: Workspace,
): Promise<readonly RecoveryResult[]> {
  const input = cachedInput({ eventBytes: 250, mb: 20, seed });
  const results: RecoveryResult[] = [];
  for (const share of SHARES) {
    workspace.sweep();
    const store = workspace.attemptPath('store');
    const size = Math.ceil(mb * share);
    await fillAndKill(node, input, store, size);
    const { stdout } = await measure({ command: node, args: [compiled('open-store'), store] });
    const { seconds, cut } = JSON.parse(stdout) as { seconds: number; cut: number };
    results.push({ mb: size, seconds, cutBytes: cut });
  }
  workspace.sweep();
  const lines = results.map(({ mb: size, seconds, cutBytes }) => [
    `${size} MB`,
    seconds.toFixed(3),
    (cutBytes / 1e6).toFixed(1),
    `≤ ${GOAL_SECONDS}`,
    seconds <= GOAL_SECONDS ? 'yes' : 'no',
  ]);
  console.log(`\n${formatTable(['recovery of', 'seconds', 'MB cut off', 'goal', 'met'], lines)}`);
  return results;
}

async function fillAndKill(node: string, input: string, store: string, mb: number): Promise<void> {
  const args = [compiled('fill-store'), input, store, String(mb)];
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.kill('SIGKILL');
  await ended;
}
