import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { childCpuSeconds, peakBytesOf, watchOthers } from '../../src/bench/process-times.ts';

const BUSY = 'const until = process.cpuUsage().user + 400_000; while (process.cpuUsage().user < until);';

describe.runIf(process.platform === 'linux')('what the kernel tells of processes', () => {
  test('is the processor time of child processes, which is not that of others', () => {
    const before = childCpuSeconds()!;
    const others = watchOthers();
    execFileSync(process.execPath, ['-e', BUSY]);
    const own = childCpuSeconds()! - before;
    expect(own).toBeGreaterThanOrEqual(0.39);
    const share = others()!;
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  });

  test('is the memory of a process, and not of the one that it was forked from', async () => {
    const much = Buffer.alloc(400e6, 1);
    const directory = mkdtempSync(join(tmpdir(), 'millrace-peak-'));
    writeFileSync(
      join(directory, 'idle.cjs'),
      "process.send('here'); process.once('message', () => process.exit());",
    );
    const child = fork(join(directory, 'idle.cjs'), { execArgv: [] });
    await new Promise(resolve => child.once('message', resolve));
    expect(peakBytesOf(child.pid!)).toBeLessThan(200e6);
    expect(peakBytesOf('self')).toBeGreaterThan(much.length);
    child.send('end');
    await new Promise(resolve => child.once('close', resolve));
    rmSync(directory, { recursive: true });
  });

  test('is nothing of a process that is not there', () => {
    expect(peakBytesOf(2 ** 30)).toBeUndefined();
  });
});
