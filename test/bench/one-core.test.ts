import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { coresOf, OneCore } from '../../src/bench/one-core.ts';

describe('coresOf', () => {
  test.each([
    ['', []],
    ['0', [0]],
    ['0-1', [0, 1]],
    ['0-2,5,8-9', [0, 1, 2, 5, 8, 9]],
  ])('reads the list %j', (list, cores) => {
    expect(coresOf(list)).toEqual(cores);
  });
});

const core = await OneCore.find();

function allowed(): number[] {
  return coresOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!);
}

describe.skipIf(core === undefined)('a process that is kept to one core', () => {
  test('is on another one for each number, and has all of them afterwards', async () => {
    const before = allowed();
    await core!.keep(0);
    const first = allowed();
    await core!.keep(1);
    const second = allowed();
    await core!.release();
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(first).not.toEqual(second);
    expect(allowed()).toEqual(before);
  });
});
