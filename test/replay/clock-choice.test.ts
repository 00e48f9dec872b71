import { expect, test } from 'vitest';
import { ChosenClock, lookedAt } from '../../src/replay/clock-choice.ts';
import type { Piece } from '../../src/replay/pieces.ts';

/** By what a replay goes where nobody has said it. */

const WISHES = { path: undefined, unit: undefined, isCommitted: false, isNeeded: true };

function pieceOf(text: string): Piece {
  const bytes = Buffer.from(text);
  return { bytes, from: 0, to: bytes.length, committedMs: Number.NaN, share: undefined };
}

test('lets go of the inputs where no field looks like a time', async () => {
  let isOpen = true;
  async function* pieces(): AsyncGenerator<Piece, void, void> {
    try {
      yield pieceOf('{"a":"b"}\n');
      yield pieceOf('{"a":"b"}\n');
    } finally {
      isOpen = false;
    }
  }
  const looked = lookedAt(pieces(), new ChosenClock(WISHES));
  await expect(looked.next()).rejects.toMatchObject({ code: 'MILLRACE_NO_TIME' });
  expect(isOpen).toBe(false);
});

test('the first lines that are not blank decide, and nothing behind them', () => {
  const clock = new ChosenClock(WISHES);
  for (const text of ['   \n\n', ' \n{"ts":"2026-01-01T00:00:01Z"}\n', '{"when":"2026-01-01T00:00:02Z"}\n']) {
    clock.look(pieceOf(text));
  }
  const { bytes } = pieceOf('{"when":"2026-01-01T00:00:02Z","ts":"2026-01-01T00:00:03Z"}\n');
  clock.read(bytes, 0);
  expect(clock.ms).toBe(Date.UTC(2026, 0, 1, 0, 0, 3));
});

test('of long events no more are looked at than every way of reading has at once', () => {
  const long = `{"when":"2026-01-01T00:00:01Z","x":"${'x'.repeat(40_000)}"}\n`;
  const clock = new ChosenClock(WISHES);
  clock.look(pieceOf(long.repeat(2) + '{"ts":"2020-01-01T00:00:00Z"}\n'.repeat(200)));
  clock.read(Buffer.from(long), 0);
  expect(clock.ms).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
});
