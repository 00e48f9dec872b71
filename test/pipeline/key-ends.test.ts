import { expect, test } from 'vitest';
import { KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { RunAccount } from '../../src/pipeline/account.ts';
import { endKeys } from '../../src/pipeline/key-ends.ts';
import { SourceBook } from '../../src/pipeline/source-book.ts';
import type { Positions } from '../../src/source/contract.ts';
import type { Lane } from '../../src/worker/lane.ts';
import type { EndResult } from '../../src/worker/protocol.ts';
import { FakeOutput } from './fake-output.ts';

/** The end of the input, key group by key group. */

/** Gives for each group one event, its number. */
const lane = {
  end: async (group: number): Promise<EndResult> => {
    const bytes = new Uint8Array(Buffer.from(`${group}\n`));
    return {
      events: 1,
      bytes,
      keys: [`${group}`],
      ends: Uint32Array.of(bytes.length),
      emitted: [],
      state: undefined,
      busyMs: 0,
    };
  },
} as unknown as Lane;

/** An output that goes on where another has ended, and asks for the end of the run at a group. */
class StoppingOutput extends FakeOutput {
  override readonly positions: Positions;
  readonly stop: { requested: boolean };
  readonly #stopAt: number | undefined;

  constructor(positions: Positions, stopAt?: number) {
    super();
    this.positions = positions;
    this.stop = { requested: stopAt === 0 };
    this.#stopAt = stopAt;
  }

  override endChunk(events: number): void {
    super.endChunk(events);
    if (this.chunks.length === this.#stopAt) this.stop.requested = true;
  }
}

/** Runs what `output` has left; gives the positions that a commit after that would say. */
async function ended(output: StoppingOutput): Promise<Positions> {
  const sources = new SourceBook([]);
  const account = new RunAccount();
  const laneOfGroup = new Uint8Array(KEY_GROUPS);
  await endKeys({ output, sources, account, lanes: [lane], laneOfGroup, stop: output.stop });
  return sources.take().positions();
}

test.each([0, 1, 100, KEY_GROUPS])(
  'ends after %i groups where the run is to stop, and the next run goes on with the others',
  async stopAt => {
    const first = new StoppingOutput({}, stopAt);
    const next = new StoppingOutput(await ended(first));
    expect(first.chunks).toHaveLength(stopAt);
    await ended(next);
    expect(next.chunks).toHaveLength(KEY_GROUPS - stopAt);
    const all = Array.from({ length: KEY_GROUPS }, (_, group) => `${group}\n`);
    expect([...first.pieces, ...next.pieces]).toEqual(all);
  },
);
