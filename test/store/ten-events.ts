import { layout } from '../../src/store/layout.ts';
import type { JobLogOptions } from '../../src/store/open-job.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { append, commit, openLog } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';

/** A topic of ten events in segments of two, and ways in which they are kept. */

/** Each event a frame, and two of them a segment. */
export const TINY = { frameBytes: 1, segmentBytesMax: 20 };
export const PACKED: Partial<JobLogOptions> = { ...TINY, keeping: { retain: undefined, compress: true } };
export const LAST_FOUR: Partial<JobLogOptions> = {
  ...TINY,
  keeping: { retain: { events: 4 }, compress: false },
};

export const TEN = Array.from({ length: 10 }, (_, index) => `event ${index}`);
export const WHOLE = TEN.map((event, index) => [index, event] as const);
export const never = new AbortController().signal;

/** Names of the topic's files, without their leading zeros. */
export function names(disk: FaultyDisk): string[] {
  const directory = layout.topic(STORE, 'out');
  return [...filesOf(disk.model, directory).keys()].map(path =>
    path.slice(directory.length + 1).replace(/^0+(?=\d)/, ''),
  );
}

/** Writes ten events in a job of its own, and lets the housekeeper finish. */
export async function writeTen(disk: FaultyDisk, options: Partial<JobLogOptions>): Promise<void> {
  const log = await openLog(disk, options);
  for (const event of TEN) {
    append(log, 'out', event);
    await commit(log);
  }
  await log.settle(never);
  await log.close();
}
