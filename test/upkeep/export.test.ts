import { beforeEach, describe, expect, it } from 'vitest';
import { compact } from '../../src/store/compact.ts';
import { layout } from '../../src/store/layout.ts';
import { exportTopic } from '../../src/upkeep/export-topic.ts';
import { importTopic } from '../../src/upkeep/import-topic.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { commit, newDisk, openLog } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';
import { never, PACKED, TINY } from '../store/ten-events.ts';
import { eventsIn, repair } from './damaged-stores.ts';

/** Exports with positions while the topic is not left alone. */

/** Two of them a segment, and one in the last. */
const EVENTS = Array.from({ length: 9 }, (_, n) => `{"id":"${n % 2}"}`);

let disk: FaultyDisk;

beforeEach(async () => {
  disk = newDisk();
  await write(EVENTS, TINY);
});

/** Commits the events one by one, and lets the housekeeper finish. */
async function write(events: readonly string[], options: Parameters<typeof openLog>[1]): Promise<void> {
  const log = await openLog(disk, options);
  for (const event of events) {
    const bytes = Buffer.from(`${event}\n`);
    log.topic('out').append(bytes, 0, bytes.length);
    log.topic('out').endChunk(1);
    await commit(log);
  }
  await log.settle(never);
  await log.close();
}

/** The export, and how many pieces it had, where something happens behind one of them. */
async function exported(
  behind = Number.POSITIVE_INFINITY,
  happening?: () => Promise<void>,
): Promise<{ bytes: Buffer; pieces: number }> {
  const pieces: Buffer[] = [];
  for await (const piece of exportTopic(disk, STORE, 'out', { positions: true })) {
    pieces.push(Buffer.from(piece));
    if (pieces.length === behind) await happening!();
  }
  return { bytes: Buffer.concat(pieces), pieces: pieces.length };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

describe('exportTopic', () => {
  it('ends where the topic ended when it began, also where that is compressed and goes on meanwhile', async () => {
    const { pieces } = await exported();
    for (const isIndexed of [true, false]) {
      for (let behind = 1; behind < pieces; behind++) {
        disk = newDisk();
        await write(EVENTS, TINY);
        const { bytes } = await exported(behind, async () => {
          await write(['{"later":1}', '{"later":2}', '{"later":3}'], PACKED);
          // Without its index the segment is one frame, which has what came later as well.
          if (!isIndexed) await disk.remove(layout.index(STORE, 'out', 8));
        });
        disk = newDisk();
        await importTopic(disk, STORE, 'moved', whole(bytes), 1000);
        expect([...(await eventsIn(disk, 'moved')).values()]).toEqual(EVENTS);
      }
    }
  });

  it('is given up where events are compacted away meanwhile, of which its beginning says nothing', async () => {
    const compacting = async (): Promise<void> => void (await compact(disk, STORE, 'out', { key: 'id' }));
    await expect(exported(1, compacting)).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_CHANGED',
      message: 'the topic "out" was compacted or repaired while it was exported',
    });
    const { bytes } = await exported();
    await importTopic(disk, STORE, 'moved', whole(bytes), 1000);
    expect(await eventsIn(disk, 'moved')).toEqual(await eventsIn(disk, 'out'));
  });

  it('is given up where events are lost meanwhile', () => expectGivenUp(false));

  it('is given up where events are taken back meanwhile', () => expectGivenUp(true));
});

/** A segment goes, and a repair does without it, or goes back to before it. */
async function expectGivenUp(rewind: boolean): Promise<void> {
  const happening = async (): Promise<void> => {
    await disk.remove(layout.segment(STORE, 'out', 4));
    await repair(disk, { rewind, keepPositions: false });
  };
  await expect(exported(1, happening)).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_CHANGED' });
}
