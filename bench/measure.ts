import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

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

export const TICKS_PER_SECOND = 100;
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

/** The processor time of all children that have ended. */
export function childCpuSeconds(): number | undefined {
  try {
    // The second field is a name in parentheses, which may contain blanks.
    const fields = readFileSync('/proc/self/stat', 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function watchPeak(pid: number | undefined): { peakBytes: () => number | undefined; stop: () => void } {
  let peakKiB: number | undefined;
  const timer = setInterval(() => {
    peakKiB = readPeakKiB(pid) ?? peakKiB;
  }, MEMORY_POLL_MS);
  return {
    peakBytes: () => (peakKiB === undefined ? undefined : peakKiB * 1024),
    stop: () => clearInterval(timer),
  };
}

function readPeakKiB(pid: number | undefined): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
