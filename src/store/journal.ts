import { type Disk, type DiskFile, openEmpty, readWhole, writeAll } from './disk.ts';
import { corrupt } from './failure.ts';
import { applyRecord, emptyJob, type JobState, type JournalRecord } from './job-state.ts';
import { digits, JOURNAL_ENDING, numberOf } from './layout.ts';
import { type LinesEnd, openLines, type SealedLine, sealLine } from './record.ts';

/**
 * The journal of a job: one sealed line for each commit, in files of which only the newest counts.
 *
 * A file begins with a snapshot, so that older files can go once it is durable. Nothing is committed before its line is.
 */

/** What was found in a journal. */
export interface JournalContents {
  readonly state: JobState;
  /** The file that counts, or undefined for a journal without a record. */
  readonly file: string | undefined;
  /** Where its valid lines end, the checksum of the last, and what stands behind them. */
  readonly bytes: number;
  readonly crc: number;
  readonly end: LinesEnd;
  /** Newer files, whose first line was never written whole. */
  readonly torn: readonly string[];
  /** The file that counts, and before it older ones that were not removed yet. */
  readonly files: readonly string[];
}

/** Reads the journal in `directory` without changing it; rejects with MILLRACE_STORE_CORRUPT. */
export async function readJournal(disk: Disk, directory: string): Promise<JournalContents> {
  const files = (await disk.list(directory)).filter(name => numberOf(name, JOURNAL_ENDING) !== undefined);
  const torn: string[] = [];
  for (let at = files.length - 1; at >= 0; at--) {
    const file = files[at]!;
    const bytes = await readWhole(disk, `${directory}/${file}`);
    // Rolled by its writer since it was listed.
    if (bytes === undefined) return readJournal(disk, directory);
    const lines = openLines(bytes);
    if (lines.end === 'damaged') throw damagedAt(directory, file, lines.bytes);
    if (lines.contents.length === 0) {
      // Only a file that follows another can be given up: the other is removed after it is durable.
      if (at === 0 && numberOf(file, JOURNAL_ENDING) !== 0) throw damagedAt(directory, file, 0);
      torn.push(file);
      continue;
    }
    const state = emptyJob();
    for (const content of lines.contents) applyRecord(state, content as JournalRecord);
    return {
      state,
      file,
      bytes: lines.bytes,
      crc: lines.crc,
      end: lines.end,
      torn,
      files: files.slice(0, at + 1),
    };
  }
  return { state: emptyJob(), file: undefined, bytes: 0, crc: 0, end: 'clean', torn, files: [] };
}

function damagedAt(directory: string, file: string, offset: number): Error {
  return corrupt(`the journal "${directory}/${file}" is damaged at byte ${offset}`);
}

/** Appends records. After a failed write or sync it must not be used again: what is on the disk is unknown then. */
export class JournalWriter {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #sync: boolean;
  readonly #name: string;
  readonly #file: DiskFile;
  readonly #snapshotBytes: number;
  #bytes: number;
  #crc: number;

  private constructor(
    disk: Disk,
    directory: string,
    sync: boolean,
    name: string,
    file: DiskFile,
    snapshot: SealedLine,
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#sync = sync;
    this.#name = name;
    this.#file = file;
    this.#snapshotBytes = snapshot.bytes.length;
    this.#bytes = snapshot.bytes.length;
    this.#crc = snapshot.crc;
  }

  /** Starts a journal, or a file of it, with `snapshot`; durable when this resolves, also where commits are not synced. */
  static async begin(
    disk: Disk,
    directory: string,
    snapshot: JournalRecord,
    sync: boolean,
  ): Promise<JournalWriter> {
    const name = `${digits(snapshot.seq)}${JOURNAL_ENDING}`;
    const file = await openEmpty(disk, `${directory}/${name}`);
    try {
      const line = sealLine(snapshot, 0);
      await writeAll(file, line.bytes, 0);
      await file.datasync();
      await disk.syncDirectory(directory);
      return new JournalWriter(disk, directory, sync, name, file, line);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  /** Whether it is time for a new file. One that is mostly snapshot would soon be full again. */
  isFull(bytesMax: number): boolean {
    return this.#bytes >= Math.max(bytesMax, 2 * this.#snapshotBytes);
  }

  /** Appends one record; it counts when this resolves. */
  async append(record: JournalRecord, sync = this.#sync): Promise<void> {
    const line = sealLine(record, this.#crc);
    await writeAll(this.#file, line.bytes, this.#bytes);
    if (sync) await this.#file.datasync();
    this.#bytes += line.bytes.length;
    this.#crc = line.crc;
  }

  /** Begins a new file with `snapshot`, then removes the old one. */
  async roll(snapshot: JournalRecord): Promise<JournalWriter> {
    const next = await JournalWriter.begin(this.#disk, this.#directory, snapshot, this.#sync);
    try {
      await this.#file.close();
      await this.#disk.remove(`${this.#directory}/${this.#name}`);
      return next;
    } catch (error) {
      await next.close().catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
