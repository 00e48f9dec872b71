import { crc32 } from 'node:zlib';

/**
 * One line of the journal or of an index: a JSON object whose last member is a checksum of what stands before it.
 *
 *     {"seq":7,"time":1763900000000,...,"crc":"0a1b2c3d"}\n
 *     └────────── covered ───────────┘
 *
 * The checksum is CRC-32 (IEEE 802.3, as in zlib) of the bytes before `,"crc":`, started with the checksum of the line
 * before, or with 0 at the start of a file: so a line also vouches for all lines before it. Lines hold no NUL and no
 * newline but the last byte, which is how a torn write can be told from a damaged one (recovery.ts).
 */

const SUFFIX_BYTES = ',"crc":"00000000"}'.length;
const NEWLINE = 0x0a;

export interface SealedLine {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly crc: number;
}

/** The line for `content`, which must be an object with a member; `previousCrc` is that of the line before. */
export function sealLine(content: object, previousCrc: number): SealedLine {
  const open = JSON.stringify(content).slice(0, -1);
  const body = Buffer.from(open, 'utf8');
  const crc = crc32(body, previousCrc);
  const line = Buffer.concat([body, Buffer.from(`,"crc":"${crcText(crc)}"}\n`, 'latin1')]);
  return { bytes: new Uint8Array(line.buffer, line.byteOffset, line.length), crc };
}

/** The content of a line without its newline, or undefined where the checksum or the form is wrong. */
export function openLine(
  line: Uint8Array,
  previousCrc: number,
): { content: unknown; crc: number } | undefined {
  const bodyEnd = line.length - SUFFIX_BYTES;
  if (bodyEnd < 1) return undefined;
  const suffix = Buffer.from(line.subarray(bodyEnd)).toString('latin1');
  const crc = crc32(line.subarray(0, bodyEnd), previousCrc);
  if (suffix !== `,"crc":"${crcText(crc)}"}`) return undefined;
  try {
    return { content: JSON.parse(`${Buffer.from(line.subarray(0, bodyEnd)).toString('utf8')}}`), crc };
  } catch {
    return undefined;
  }
}

export function crcText(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

export function crcOf(text: string): number {
  return Number.parseInt(text, 16);
}

/**
 * How a run of sealed lines ends: with the file; with what an interrupted write leaves behind; or with something that
 * no interrupted write explains.
 */
export type LinesEnd = 'clean' | 'torn' | 'damaged';

export interface SealedLines {
  readonly contents: readonly unknown[];
  /** Where the valid lines end, and the checksum of the last. */
  readonly bytes: number;
  readonly crc: number;
  readonly end: LinesEnd;
}

/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

/**
 * Opens the lines in `bytes`, which stand in their file at `fileOffset`, up to the first that is not valid.
 *
 * A write that was cut off leaves a line without its end, or sectors that were never written and read as zeros; and
 * only the last line can have been cut off, because each is synced before the next is written. So a bad line is torn
 * if it is the last and lacks its newline or a whole sector; any other bad line was whole once, and is damaged.
 */
export function openLines(bytes: Uint8Array, previousCrc = 0, fileOffset = 0): SealedLines {
  const contents: unknown[] = [];
  let at = 0;
  let crc = previousCrc;
  while (at < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, at);
    const opened = newline < 0 ? undefined : openLine(bytes.subarray(at, newline), crc);
    if (opened === undefined)
      return { contents, bytes: at, crc, end: judge(bytes.subarray(at), crc, fileOffset + at) };
    contents.push(opened.content);
    crc = opened.crc;
    at = newline + 1;
  }
  return { contents, bytes: at, crc, end: 'clean' };
}

/** What `rest`, the bytes from a bad line on, says about how it came to be. */
function judge(rest: Uint8Array, previousCrc: number, fileOffset: number): LinesEnd {
  const newline = rest.indexOf(NEWLINE);
  const isLast = newline < 0 || rest.subarray(newline + 1).every(byte => byte === 0);
  if (!isLast) return 'damaged';
  if (lacksSector(rest, fileOffset)) return 'torn';
  if (newline >= 0) return 'damaged';
  // Whole but for its newline: that one byte was changed, not left out.
  return openLine(rest.subarray(0, -1), previousCrc) === undefined ? 'torn' : 'damaged';
}

/** Whether one of the sectors that `bytes` lie in holds nothing of them but zeros. */
function lacksSector(bytes: Uint8Array, fileOffset: number): boolean {
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + SECTOR_BYTES - ((fileOffset + start) % SECTOR_BYTES));
    if (bytes.subarray(start, end).every(byte => byte === 0)) return true;
    start = end;
  }
  return false;
}
