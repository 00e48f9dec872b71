import type { Disk } from '../store/disk.ts';
import type { JournalRecord } from '../store/job-state.ts';
import { JournalWriter } from '../store/journal.ts';
import { JOURNAL_ENDING, layout, numberOf } from '../store/layout.ts';
import type { JournalScan } from './scan-journal.ts';

/** Begins a journal file with `snapshot`, which counts when this resolves, and removes the others. The lock must be held. */
export async function replaceJournal(
  disk: Disk,
  store: string,
  job: string,
  { files, records, damaged }: JournalScan,
  snapshot: JournalRecord,
): Promise<void> {
  const directory = layout.journal(store, job);
  // Behind every file that is there, also where no record tells its number; a first one has the first number.
  const numbers = files.map(name => numberOf(name, JOURNAL_ENDING)!);
  const behind = Math.max(-1, ...numbers) + 1;
  const seq =
    files.length === 0 ? snapshot.seq : Math.max(snapshot.seq, behind + records.length + damaged.length);
  await disk.makeDirectory(directory);
  for (const above of [layout.job(store, job), layout.jobs(store), store]) await disk.syncDirectory(above);
  const first = { ...snapshot, seq, time: snapshot.time > 0 ? snapshot.time : Date.now() };
  const journal = await JournalWriter.begin(disk, directory, first, true);
  await journal.close();
  for (const name of files) await disk.remove(`${directory}/${name}`);
}
