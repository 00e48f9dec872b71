import { crc32 } from 'node:zlib';
import { type Disk, readWhole } from '../store/disk.ts';
import type { JournalRecord } from '../store/job-state.ts';
import { JOURNAL_ENDING, layout, numberOf } from '../store/layout.ts';
import { crcOf, openLine, openLines } from '../store/record.ts';

/**
 * Reads all that a damaged journal still proves.
 *
 * A line's checksum covers the one before it. So where a line is damaged but its own checksum can be read, the next line
 * proves itself with that; and where only the checksum is damaged, the next line proves the damaged one as well.
 */

/** A record, and whether records are missing before it. */
export interface ProvenRecord {
  readonly record: JournalRecord;
  readonly afterGap: boolean;
}

export interface DamagedLine {
  readonly at: number;
  readonly bytes: number;
}

export interface JournalScan {
  /** The file that was read, or undefined where there is none with anything in it. */
  readonly file: string | undefined;
  readonly records: readonly ProvenRecord[];
  readonly damaged: readonly DamagedLine[];
  /** Bytes of a line that was never written whole. */
  readonly tornBytes: number;
  /** All files of the journal, the newest last. */
  readonly files: readonly string[];
}

/** How often a journal is listed again that its job has rolled since. */
const TRIES = 8;

export async function scanJournal(disk: Disk, store: string, job: string): Promise<JournalScan> {
  const directory = layout.journal(store, job);
  for (let attempt = 1; ; attempt++) {
    const scan = await scanFiles(disk, directory, attempt === TRIES);
    if (scan !== undefined) return scan;
  }
}

/** Undefined where a file is gone that was listed, unless this is the `last` try: then there is nothing in it. */
async function scanFiles(disk: Disk, directory: string, last: boolean): Promise<JournalScan | undefined> {
  const files = (await disk.list(directory)).filter(name => numberOf(name, JOURNAL_ENDING) !== undefined);
  /** What is damaged in newer files, of which no line can be read: they follow one that says the same, or were never begun. */
  const newer: DamagedLine[] = [];
  let torn: JournalScan | undefined;
  for (const file of [...files].reverse()) {
    const bytes = await readWhole(disk, `${directory}/${file}`);
    if (bytes === undefined && !last) return undefined;
    const scan = { file, files, ...scanLines(bytes ?? new Uint8Array(0)) };
    if (scan.records.length > 0) return { ...scan, damaged: [...newer, ...scan.damaged] };
    newer.push(...scan.damaged);
    torn ??= scan;
  }
  return torn === undefined
    ? { file: undefined, records: [], damaged: [], tornBytes: 0, files }
    : { ...torn, damaged: newer };
}

const NEWLINE = 0x0a;
const SUFFIX = /,"crc":"([0-9a-f]{8})"\}/;
/** The end of a line and the beginning of the next, with something else than a newline between. */
const SEAM = /,"crc":"[0-9a-f]{8}"\}[^\n]\{"seq":/;
const SUFFIX_BYTES = ',"crc":"00000000"}'.length;

/** A checksum that the next line may have been started with. */
interface Start {
  readonly crc: number;
  /** The record that is proven as well if it was. */
  readonly proves?: JournalRecord | undefined;
}

function scanLines(bytes: Uint8Array): Pick<JournalScan, 'records' | 'damaged' | 'tornBytes'> {
  const sound = openLines(bytes);
  const records = sound.contents.map(content => ({ record: content as JournalRecord, afterGap: false }));
  if (sound.end !== 'damaged') return { records, damaged: [], tornBytes: bytes.length - sound.bytes };
  const damaged: DamagedLine[] = [];
  let starts: readonly Start[] = [{ crc: sound.crc }];
  for (let at = sound.bytes; at < bytes.length; ) {
    const end = lineEnd(bytes, at);
    const line = bytes.subarray(at, end);
    const opened = openAny(line, starts);
    if (opened === undefined) {
      const isTorn = openLines(bytes.subarray(at), starts[0]?.crc ?? 0, at).end === 'torn';
      if (isTorn && damaged.length > 0) return { records, damaged, tornBytes: bytes.length - at };
      damaged.push({ at, bytes: end - at });
      starts = startsAfter(line, starts);
    } else {
      for (const record of [opened.proves, opened.record])
        if (record !== undefined) records.push({ record, afterGap: isAfterGap(records, record) });
      starts = [{ crc: opened.crc }];
    }
    at = end + 1;
  }
  return { records, damaged, tornBytes: 0 };
}

function isAfterGap(records: readonly ProvenRecord[], record: JournalRecord): boolean {
  const last = records.at(-1)?.record;
  return last === undefined ? record.kind !== 'snapshot' : record.seq !== last.seq + 1;
}

/** Where the line that begins at `at` ends: at its newline, or at what stands in the place of that. */
function lineEnd(bytes: Uint8Array, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at);
  const end = newline < 0 ? bytes.length : newline;
  const seam = SEAM.exec(Buffer.from(bytes.subarray(at, end)).toString('latin1'));
  return seam === null ? end : at + seam.index + SUFFIX_BYTES;
}

function openAny(
  line: Uint8Array,
  starts: readonly Start[],
): { record: JournalRecord; crc: number; proves: JournalRecord | undefined } | undefined {
  for (const { crc, proves } of starts) {
    const opened = openLine(line, crc);
    if (opened !== undefined) return { record: opened.content as JournalRecord, crc: opened.crc, proves };
  }
  return undefined;
}

/** What may come after a damaged line: the checksum that it claims, and the one it had if nothing but that is damaged. */
function startsAfter(line: Uint8Array, before: readonly Start[]): readonly Start[] {
  const body = line.subarray(0, Math.max(0, line.length - SUFFIX_BYTES));
  const claimed = SUFFIX.exec(Buffer.from(line.subarray(body.length)).toString('latin1'))?.[1];
  const computed = before.map(({ crc }) => ({ crc: crc32(body, crc), proves: recordIn(body) }));
  return claimed === undefined ? computed : [{ crc: crcOf(claimed) }, ...computed];
}

function recordIn(body: Uint8Array): JournalRecord | undefined {
  try {
    return JSON.parse(`${Buffer.from(body).toString('utf8')}}`) as JournalRecord;
  } catch {
    return undefined;
  }
}
