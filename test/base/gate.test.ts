import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/base/gate.ts';

async function isWaiting(passing: Promise<void>): Promise<boolean> {
  let waiting = true;
  void passing.then(() => (waiting = false));
  await new Promise(setImmediate);
  return waiting;
}

describe('Gate', () => {
  test('lets pass who waits when it is opened', async () => {
    const gate = new Gate();
    const passing = gate.pass();
    expect(await isWaiting(passing)).toBe(true);
    gate.open();
    expect(await isWaiting(passing)).toBe(false);
  });

  test('that was opened before lets the next one pass, and only that one', async () => {
    const gate = new Gate();
    gate.open();
    gate.open();
    expect(await isWaiting(gate.pass())).toBe(false);
    expect(await isWaiting(gate.pass())).toBe(true);
  });

  test('that was opened while somebody waits is closed for the one after', async () => {
    const gate = new Gate();
    const first = gate.pass();
    gate.open();
    await first;
    expect(await isWaiting(gate.pass())).toBe(true);
  });

  test('loses no opening between two passes of a loop', async () => {
    const gate = new Gate();
    let passed = 0;
    const loop = (async () => {
      while (passed < 100) {
        await gate.pass();
        passed++;
      }
    })();
    for (let opened = 0; opened < 10_000; opened++) {
      if (passed === 100) break;
      gate.open();
      await (opened % 3 === 0 ? new Promise(setImmediate) : Promise.resolve());
    }
    await loop;
    expect(passed).toBe(100);
  });
});
