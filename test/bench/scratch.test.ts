import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeScratch, scratchPlace } from '../../src/bench/scratch.ts';

const TMPFS = 0x01021994;
const MEMORY = '/dev/shm';

function isMemory(directory: string): boolean {
  try {
    return statfsSync(directory).type === TMPFS;
  } catch {
    return false;
  }
}

afterEach(() => void vi.unstubAllEnvs());

describe('where a log is written that is thrown away', () => {
  test('is the directory for what is temporary where that is on a disk, and otherwise beside the store', async () => {
    const disk = mkdtempSync(join(process.cwd(), 'dist', 'scratch-test-'));
    const store = join(disk, 'not', 'there', '.millrace');
    vi.stubEnv('TMPDIR', disk);
    expect(await scratchPlace('/elsewhere/.millrace')).toEqual({ directory: disk, isMemory: isMemory(disk) });
    const made = await makeScratch(store);
    expect(dirname(made)).toBe(disk);
    if (isMemory(MEMORY) && !isMemory(disk)) {
      vi.stubEnv('TMPDIR', MEMORY);
      expect(await scratchPlace(store)).toEqual({ directory: disk, isMemory: false });
      expect(await scratchPlace(join(MEMORY, '.millrace'))).toEqual({ directory: MEMORY, isMemory: true });
    }
    rmSync(disk, { recursive: true });
  });

  test('is there also where there is no store', async () => {
    expect(await scratchPlace(join(tmpdir(), 'none', '.millrace'))).toHaveProperty('directory');
  });
});
