import { afterEach, expect, test, vi } from 'vitest';
import { RunAccount } from '../../src/pipeline/account.ts';
import { LogOutput, type LogOutputOptions } from '../../src/pipeline/log-output.ts';
import type { Disk } from '../../src/store/disk.ts';
import { KEEP_ALL } from '../../src/store/housekeeper.ts';
import { newDisk, readEvents } from '../support/small-store.ts';
import { STORE } from '../support/store-scenario.ts';

/** When the log is committed, and what it holds together with what a reload of the handler asks for. */

const INTERVAL_MS = 1000;

afterEach(() => {
  vi.useRealTimers();
});

async function opened(disk: Disk, options: Partial<LogOutputOptions> = {}) {
  const commits: (() => void)[] = [];
  let committed = 0;
  const output = await LogOutput.open(
    {
      store: STORE,
      job: 'mill',
      topic: 'out',
      fresh: false,
      segmentBytesMax: 1e6,
      sync: true,
      commitIntervalMs: INTERVAL_MS,
      keeping: KEEP_ALL,
      interrupted: new AbortController().signal,
      onFailure: error => {
        throw error;
      },
      ...options,
    },
    {
      take: () => ({
        positions: async () => ({}),
        committed: () => {
          committed++;
          for (const tell of commits.splice(0)) tell();
        },
      }),
      isAwaited: () => false,
      account: new RunAccount(),
    },
    disk,
  );
  return {
    output,
    committed: () => committed,
    nextCommit: () => new Promise<void>(resolve => commits.push(resolve)),
  };
}

function put(output: LogOutput, event: string): void {
  const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  output.append(bytes, 0, bytes.length);
  output.endChunk(1);
}

test('commits in intervals go on after another version of the handler is used', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const disk = newDisk();
  const { output, committed, nextCommit } = await opened(disk);
  put(output, 'old');
  // The commit of the old version's work comes before the one that was due.
  await output.useHandler('new');
  expect([committed(), vi.getTimerCount()]).toEqual([1, 0]);
  for (const event of ['first', 'second']) {
    put(output, event);
    expect(vi.getTimerCount()).toBe(1);
    const next = nextCommit();
    vi.advanceTimersByTime(INTERVAL_MS);
    await next;
    expect((await readEvents(disk)).at(-1)?.[1]).toBe(event);
  }
  await output.close();
});

test('another version of the handler does not wait until sealed segments are looked after', async () => {
  const disk = newDisk();
  let letGo!: () => void;
  const held = new Promise<void>(resolve => {
    letGo = resolve;
  });
  const { open } = disk;
  vi.spyOn(disk, 'open').mockImplementation(async (path, mode) => {
    if (path.includes('.gz')) await held;
    return open(path, mode);
  });
  const keeping = { retain: undefined, compress: true };
  const { output, committed } = await opened(disk, { segmentBytesMax: 1, keeping });
  for (const event of ['first', 'second']) {
    put(output, event);
    await output.useHandler(event);
  }
  expect(committed()).toBe(2);
  put(output, 'third');
  await output.useHandler('third');
  letGo();
  // At the end of the run it is waited for.
  await output.commit();
  await output.close();
  expect((await readEvents(disk)).map(([, event]) => event)).toEqual(['first', 'second', 'third']);
});

test('topics of a version that is refused are not there for the next one', async () => {
  const disk = newDisk();
  const other = await opened(disk, { job: 'other', topic: 'taken' });
  await other.output.close();
  const { output } = await opened(disk);
  await output.addTopics(['before']);
  await expect(output.addTopics(['a', 'taken'])).rejects.toThrow('"taken"');
  await output.addTopics(['c']);
  const bytes = Buffer.from('"for c"\n');
  output.emit(1, bytes, 0, bytes.length, 1);
  output.endChunk(0);
  await output.commit();
  await output.close();
  expect(await readEvents(disk, 'c')).toEqual([[0, 'for c']]);
});
