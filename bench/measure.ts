import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { childCpuSeconds, peakBytesOf } from '../src/bench/process-times.ts';

/**
 * Runs one program as a process of its own, from before its start to after its end, and measures it from outside.
 *
 * The processor time, user and system, of all threads and child processes, is what the kernel adds to this process
 * when it collects a child (cutime and cstime in /proc/self/stat, in hundredths of a second). The peak of the memory is
 * VmHWM in /proc/PID/status, read every few milliseconds; it never falls, so the last reading is the peak. Where there
 * is no /proc both are absent. One program at a time.
 */

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where standard output goes; otherwise it is part of what was measured. */
  readonly stdoutPath?: string;
  readonly watchMemory?: boolean;
}

export interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
  readonly peakBytes: number | undefined;
  readonly stdout: string;
}

const MEMORY_POLL_MS = 20;

/** Rejects where the program ends with anything but 0. */
export async function measure(program: Program): Promise<Measured> {
  const stdoutFd = program.stdoutPath === undefined ? undefined : openSync(program.stdoutPath, 'w');
  const cpuBefore = childCpuSeconds();
  const startedMs = performance.now();
  const child = spawn(program.command, program.args, {
    stdio: ['ignore', stdoutFd ?? 'pipe', 'pipe'],
    env: { ...process.env, ...program.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', text => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', text => (stderr += text));
  const endChild = (): boolean => child.kill('SIGKILL');
  process.once('exit', endChild);
  const memory = program.watchMemory === true ? watchPeak(child.pid) : undefined;
  try {
    const ended = await new Promise<string | number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve(signal ?? status));
    });
    const seconds = (performance.now() - startedMs) / 1000;
    if (ended !== 0) throw new Error(`${commandLine(program)} ended with ${ended}\n${stderr}`);
    const cpuAfter = childCpuSeconds();
    const cpuSeconds = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
    return { seconds, cpuSeconds, peakBytes: memory?.peakBytes(), stdout };
  } finally {
    process.off('exit', endChild);
    memory?.stop();
    if (stdoutFd !== undefined) closeSync(stdoutFd);
  }
}

function commandLine({ command, args }: Program): string {
  return [command, ...args].join(' ');
}

function watchPeak(pid: number | undefined): { peakBytes: () => number | undefined; stop: () => void } {
  let peakBytes: number | undefined;
  const timer = setInterval(() => {
    if (pid !== undefined) peakBytes = peakBytesOf(pid) ?? peakBytes;
  }, MEMORY_POLL_MS);
  return {
    peakBytes: () => peakBytes,
    stop: () => clearInterval(timer),
  };
}
