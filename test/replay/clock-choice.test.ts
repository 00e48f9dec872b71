import { expect, test } from 'vitest';
import { chooseClock } from '../../src/replay/clock-choice.ts';
import type { Piece } from '../../src/replay/pieces.ts';

const WISHES = { path: undefined, unit: undefined, isCommitted: false, isNeeded: true };

test('chooseClock lets go of the inputs where no field looks like a time', async () => {
  let isOpen = true;
  async function* pieces(): AsyncGenerator<Piece, void, void> {
    try {
      const bytes = Buffer.from('{"a":"b"}\n');
      yield { bytes, from: 0, to: bytes.length } as unknown as Piece;
      yield { bytes, from: 0, to: bytes.length } as unknown as Piece;
    } finally {
      isOpen = false;
    }
  }
  await expect(chooseClock(pieces(), WISHES)).rejects.toMatchObject({ code: 'MILLRACE_NO_TIME' });
  expect(isOpen).toBe(false);
});
