import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What the figures were measured on; without it they mean nothing. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
  /** Processes that wanted a core in the last minute, before the bench began. */
  readonly load: number;
  /** What MILLRACE_KERNEL asks for, if anything: the bench hands its environment on. */
  readonly kernel: string | undefined;
}

export function describeMachine(node: string): Machine {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) throw new Error(`cannot run "${node}" as node`);
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: version.stdout.trim(),
    platform: `${process.platform} ${process.arch}`,
    load: loadavg()[0]!,
    kernel: process.env['MILLRACE_KERNEL'],
  };
}

export function machineLine({ cores, cpu, memoryGiB, node, platform, load, kernel }: Machine): string {
  const line = `${cores} cores (${cpu}), ${memoryGiB} GiB, ${platform}, node ${node}, load ${load.toFixed(1)} at the start`;
  return kernel === undefined ? line : `${line}, MILLRACE_KERNEL=${kernel}`;
}
