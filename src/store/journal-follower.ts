import { systemCode } from '../base/errors.ts';
import type { Disk, DiskFile } from './disk.ts';
import { corrupt, tooShort } from './failure.ts';
import { applyRecord, type JobState, type JournalRecord } from './job-state.ts';
import { readJournal } from './journal.ts';
import { JOURNAL_ENDING, layout, numberOf } from './layout.ts';
import { openLines } from './record.ts';

/**
 * Reads a journal while another process may be writing it.
 *
 * A line that is seen may not be durable yet: the writer syncs after it writes. So the reader syncs the file as well
 * before it believes a line; what it shows cannot be taken back by a crash of the machine.
 */
export class JournalFollower {
  state: JobState;
  readonly #disk: Disk;
  readonly #directory: string;
  #file: string;
  #bytes: number;
  #crc: number;

  private constructor(
    disk: Disk,
    directory: string,
    file: string,
    found: { state: JobState; bytes: number; crc: number },
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#file = file;
    this.state = found.state;
    this.#bytes = found.bytes;
    this.#crc = found.crc;
  }

  static async open(disk: Disk, store: string, job: string): Promise<JournalFollower> {
    const directory = layout.journal(store, job);
    const found = await readSettled(disk, directory);
    if (found === undefined) throw tooShort(`the journal of the job "${job}" is gone`);
    return new JournalFollower(disk, directory, found.file, found);
  }

  /** Reads what was committed since; true where there was something. */
  async refresh(): Promise<boolean> {
    const fresh = await this.#readNew();
    if (fresh === undefined) return this.#startAgain();
    const lines = openLines(fresh, this.#crc, this.#bytes);
    if (lines.end === 'damaged')
      throw corrupt(`the journal "${this.#directory}/${this.#file}" is damaged after byte ${this.#bytes}`);
    for (const content of lines.contents) applyRecord(this.state, content as JournalRecord);
    this.#bytes += lines.bytes;
    this.#crc = lines.crc;
    if (lines.contents.length > 0) return true;
    // Nothing is added to a file after the next one was begun.
    return (await this.#isNewest()) ? false : this.#startAgain();
  }

  async #isNewest(): Promise<boolean> {
    const names = await this.#disk.list(this.#directory);
    return names.findLast(name => numberOf(name, JOURNAL_ENDING) !== undefined) === this.#file;
  }

  /** The bytes behind what is known; undefined where the file is gone or shorter than that. */
  async #readNew(): Promise<Uint8Array | undefined> {
    const file = await openIfThere(this.#disk, `${this.#directory}/${this.#file}`);
    if (file === undefined) return undefined;
    try {
      const size = await file.size();
      if (size < this.#bytes) return undefined;
      const bytes = new Uint8Array(size - this.#bytes);
      const length = await file.read(bytes, this.#bytes);
      if (length > 0) await syncForReading(file);
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  }

  async #startAgain(): Promise<boolean> {
    const found = await readSettled(this.#disk, this.#directory);
    if (found === undefined) return false;
    const changed = found.state.seq !== this.state.seq;
    this.#file = found.file;
    this.#bytes = found.bytes;
    this.#crc = found.crc;
    this.state = found.state;
    return changed;
  }
}

async function readSettled(disk: Disk, directory: string) {
  for (;;) {
    const found = await readJournal(disk, directory);
    if (found.file === undefined) return undefined;
    const file = await openIfThere(disk, `${directory}/${found.file}`);
    // Rolled by its writer since it was read.
    if (file === undefined) continue;
    await syncForReading(file).finally(() => file.close());
    return { ...found, file: found.file };
  }
}

async function openIfThere(disk: Disk, path: string): Promise<DiskFile | undefined> {
  try {
    return await disk.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncForReading(file: DiskFile): Promise<void> {
  try {
    await file.datasync();
  } catch (error) {
    // A file system that is mounted read-only has nothing left to sync.
    if (systemCode(error) !== 'EROFS' && systemCode(error) !== 'EINVAL') throw error;
  }
}
