import { cachedInput } from '../generate.ts';
import type { BenchOptions } from '../options.ts';
import { median, ratioOf } from '../rounds.ts';
import { benchReaders } from '../store/readers.ts';
import { benchRecovery } from '../store/recovery.ts';
import { benchAppend, benchReading, type StoreRow } from '../store/store.ts';
import { count, ratioCells } from './cells.ts';
import type { Part } from './parts.ts';

/** The parts of the page that are about the store alone: what is in it is written and read without workers. */

export const STORE_PARTS: readonly Part[] = [
  {
    name: 'store-append',
    title: 'The store alone: appending',
    about:
      'The same events, made durable every 100 ms, from the first write to the last sync: by `write` and `fdatasync`, into a topic, into SQLite and into a JetStream stream, which is acknowledged in batches. What is not installed is left out. Ratios say how many times as fast as the first line.',
    mb: 100,
    rounds: 3,
    columns: ['seconds', 'ratio', 'range'],
    measure: async (options, workspace) => {
      const rows = await benchAppend(inputOf(options), options, workspace);
      return rows.map(row => ({ name: row.name, cells: secondsCells(row, rows[0]!) }));
    },
  },
  {
    name: 'store-read',
    title: 'The store alone: reading',
    about:
      'A topic through a pipe, as `cat` gives the file and `zcat` the compressed one; and the first event from an offset or a time, out of all of it, and out of a hundredth. Ratios say how many times as fast as the line that is named.',
    mb: 200,
    rounds: 5,
    columns: ['seconds', 'ratio', 'range', 'to'],
    measure: async (options, workspace) => {
      const rows = await benchReading(inputOf(options), options, workspace);
      return rows.map(row => {
        const other = rows.find(({ name }) => name === row.against);
        const [seconds, ...ratio] = secondsCells(row, other ?? row);
        return {
          name: row.name,
          cells: [seconds!, ...(other === undefined ? ['', ''] : ratio), row.against ?? ''],
        };
      });
    },
  },
  {
    name: 'store-recovery',
    title: 'The store alone: recovery',
    about:
      'From the opening of a store whose writer was killed until it can be written to again, with a topic of a hundredth and with all of it; and what lay beyond the last commit.',
    mb: 1000,
    columns: ['seconds', 'MB cut off'],
    measure: async (options, workspace) =>
      (await benchRecovery(options.mb!, options, workspace)).map(({ mb, seconds, cutBytes }) => ({
        name: `${count(mb)} MB`,
        cells: [seconds.toFixed(3), (cutBytes / 1e6).toFixed(1)],
      })),
  },
  {
    name: 'store-readers',
    title: 'The store alone: readers',
    about:
      'What readers in other processes, 25 in each, cost a writer that commits 20 times a second, and how long after a commit was begun they have its events.',
    rounds: 2,
    columns: ['commit p50 ms', 'p99 ms', "writer's CPU s", 'seen p50 ms', 'p99 ms'],
    measure: async (options, workspace) =>
      (await benchReaders(options, workspace)).map(({ readers, commitMs, writerCpuSeconds, seenMs }) => ({
        name: readers === 1 ? '1 reader' : `${readers} readers`,
        cells: [
          commitMs.p50.toFixed(1),
          commitMs.p99.toFixed(1),
          writerCpuSeconds.toFixed(2),
          seenMs?.p50.toFixed(0) ?? '',
          seenMs?.p99.toFixed(0) ?? '',
        ],
      })),
  },
];

function inputOf({ mb, seed, eventBytes }: BenchOptions): string {
  return cachedInput({ eventBytes, mb: mb!, seed });
}

function secondsCells(row: StoreRow, other: StoreRow): readonly string[] {
  const [seconds, others] = [row, other].map(({ rounds }) => rounds.map(round => round.seconds));
  return [median(seconds!).toFixed(3), ...ratioCells(ratioOf(others!, seconds!))];
}
