import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiles faulty-calls.c, and reads what it writes down. Where there is no compiler, or no LD_PRELOAD, there is a reason. */

const SOURCE = fileURLToPath(new URL('../../test/crash/faulty-calls.c', import.meta.url));

export interface Shim {
  readonly library: string;
  readonly close: () => void;
}

/** The shim, or why there is none here. */
export function compileShim(): Shim | string {
  if (process.platform !== 'linux') return `LD_PRELOAD is Linux's, and this is ${process.platform}`;
  const directory = mkdtempSync(join(tmpdir(), 'millrace-shim-'));
  const library = join(directory, 'faulty-calls.so');
  const close = (): void => rmSync(directory, { recursive: true, force: true });
  const flags = ['-O1', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl', '-lpthread'];
  const { error, status, stderr } = spawnSync('cc', flags, { encoding: 'utf8' });
  if (error === undefined && status === 0) return { library, close };
  close();
  return error === undefined ? `the shim does not compile here: ${stderr}` : 'there is no C compiler here';
}

/** What a shim is to do with the calls of a process. */
export interface Faults {
  readonly below: string;
  readonly trace?: string;
  readonly syncMs?: number;
  readonly fail?: {
    readonly kind: string;
    readonly call: number;
    readonly errno?: number;
    readonly mode: FaultMode;
  };
}

export type FaultMode = 'once' | 'forgood' | 'short' | 'kill' | 'torn' | 'after';

export function shimEnv({ library }: Shim, { below, trace, syncMs, fail }: Faults): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAULTY_BELOW: below,
    ...(trace === undefined ? {} : { FAULTY_TRACE: trace }),
    ...(syncMs === undefined ? {} : { FAULTY_SYNC_MS: String(syncMs) }),
    ...(fail === undefined
      ? {}
      : { FAULTY_FAIL: `${fail.kind} ${fail.call} ${fail.errno ?? 0} ${fail.mode}` }),
  };
}

/** One line of a trace. */
export interface TracedCall {
  readonly call: number;
  readonly kind: string;
  readonly when: 'begin' | 'end' | 'new';
  readonly path: string;
  readonly position: number;
  readonly length: number;
  readonly bytes: Buffer;
}

export function readTrace(path: string): TracedCall[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map(line => {
    const [call, kind, when, where, position, length, hex] = line.split(' ');
    return {
      call: Number(call),
      kind: kind!,
      when: when as TracedCall['when'],
      path: where!,
      position: Number(position),
      length: Number(length),
      bytes: Buffer.from(hex ?? '', 'hex'),
    };
  });
}

/** How many calls of each kind a trace has. */
export function countCalls(trace: readonly TracedCall[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, call } of trace) counts.set(kind, Math.max(counts.get(kind) ?? 0, call));
  return counts;
}

/** What a test needs, or an end of it that says why there is none. */
export function orSkip<T extends object>(needed: T | string, skip: (why: string) => never): T {
  return typeof needed === 'string' ? skip(needed) : needed;
}
