import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { timedDisk } from '../../src/bench/timed-disk.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-timed-disk-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the timed disk tells of calls while its clock is on, once for those that lie side by side', async () => {
  const clock = { isOn: true };
  const told: string[] = [];
  const disk = timedDisk(clock, stage => told.push(stage));
  const file = await disk.open(join(directory, 'file'), 'create');
  await Promise.all([file.write(Buffer.from('one'), 0), file.write(Buffer.from('two'), 3)]);
  await file.datasync();
  expect(told).toEqual(['write', 'fsync']);
  clock.isOn = false;
  await file.write(Buffer.from('three'), 6);
  await file.datasync();
  await disk.syncDirectory(directory);
  expect(told).toEqual(['write', 'fsync']);
  // A call that began while the clock was off counts for nothing when it ends after it is on again.
  const writing = file.write(Buffer.from('four'), 11);
  clock.isOn = true;
  await writing;
  expect(told).toEqual(['write', 'fsync']);
  await file.datasync();
  expect(told).toEqual(['write', 'fsync', 'fsync']);
  const into = Buffer.alloc(15);
  await file.read(into, 0);
  expect(into.toString()).toBe('onetwothreefour');
  await file.close();
});
