/**
 * What a disk may hold of a file whose last writes were not synced.
 *
 * The page cache has everything. Of it the disk has what was there at the last sync and, in units of a sector, any of
 * the versions since: a sector is written whole or not at all, in no order, and the file's new length may be there
 * before the bytes are.
 */

export const SECTOR_BYTES = 512;

/** A write or truncation that may not have reached the disk. */
export interface PendingWrite {
  readonly seq: number;
  /** The bytes that were written, or undefined where the length was set. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
  /** All of the file as the page cache had it then. */
  readonly after: Uint8Array;
  /** The sync that should have written it has failed: no later sync will try again. */
  forsaken: boolean;
}

/** How much of a pending write has reached the disk: up to a border, or all but a piece. */
export type Outcome =
  | 'none'
  | 'whole'
  | { readonly upTo: number }
  | { readonly without: { readonly from: number; readonly to: number } };

/** Disks write sectors; the system gives them pages, and some disks take no less either. */
const TORN_AT_BYTES = [SECTOR_BYTES, 4096];

/** All outcomes of a write, or where it is long a few of each kind. */
export function outcomesOf({ range }: PendingWrite): readonly Outcome[] {
  if (range === undefined) return ['none', 'whole'];
  const outcomes: Outcome[] = ['none', 'whole'];
  for (const bytes of TORN_AT_BYTES) {
    const first = Math.floor(range.from / bytes);
    const last = Math.floor(Math.max(range.from, range.to - 1) / bytes);
    const pieces = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    for (const piece of someOf(pieces.slice(1))) outcomes.push({ upTo: piece * bytes });
    for (const piece of someOf(pieces))
      outcomes.push({ without: { from: piece * bytes, to: (piece + 1) * bytes } });
  }
  return outcomes;
}

function someOf(pieces: readonly number[]): readonly number[] {
  if (pieces.length <= 6) return pieces;
  return [0, 1, Math.floor(pieces.length / 2), pieces.length - 2, pieces.length - 1].map(at => pieces[at]!);
}

/** `content` of the disk after `write` has come there with this outcome. */
export function withOutcome(content: Uint8Array, write: PendingWrite, outcome: Outcome): Uint8Array {
  const { range, after } = write;
  if (outcome === 'none') return content;
  if (range === undefined) return resized(content, after.length);
  const end = typeof outcome === 'object' && 'upTo' in outcome ? outcome.upTo : range.to;
  const grown = resized(content, Math.max(content.length, end));
  for (let at = range.from; at < end; ) {
    const start = Math.floor(at / SECTOR_BYTES) * SECTOR_BYTES;
    // A sector goes to the disk with all that the page cache has in it, whatever write brought that.
    if (!isLeftOut(outcome, start))
      grown.set(after.subarray(start, Math.min(start + SECTOR_BYTES, grown.length, after.length)), start);
    at = start + SECTOR_BYTES;
  }
  return grown;
}

function isLeftOut(outcome: Outcome, sector: number): boolean {
  if (typeof outcome === 'string' || !('without' in outcome)) return false;
  return sector >= outcome.without.from && sector < outcome.without.to;
}

/** A copy with this length, filled up with zeros. */
export function resized(content: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(content.subarray(0, length));
  return copy;
}

export class ModelFile {
  readonly path: string;
  /** What the page cache has. Never changed in place. */
  content: Uint8Array;
  /** What the disk has for certain. */
  durable: Uint8Array;
  pending: PendingWrite[] = [];

  constructor(path: string, content: Uint8Array = new Uint8Array(0)) {
    this.path = path;
    this.content = content;
    this.durable = content;
  }

  write(seq: number, bytes: Uint8Array, position: number): void {
    const to = position + bytes.length;
    const after = resized(this.content, Math.max(this.content.length, to));
    after.set(bytes, position);
    this.content = after;
    this.pending.push({ seq, range: { from: position, to }, after, forsaken: false });
  }

  truncate(seq: number, size: number): void {
    if (size === this.content.length) return;
    this.content = resized(this.content, size);
    this.pending.push({ seq, range: undefined, after: this.content, forsaken: false });
  }

  /** Everything before `seq` is on the disk now, but for what was forsaken. */
  sync(seq: number): void {
    for (const write of this.pending.filter(({ seq: at }) => at < seq)) {
      this.durable = withOutcome(this.durable, write, write.forsaken ? 'none' : 'whole');
    }
    this.pending = this.pending.filter(({ seq: at }) => at >= seq);
  }

  /** A sync before `seq` has failed: the page cache takes what it has for written, and the disk does not have it. */
  forsake(seq: number): void {
    for (const write of this.pending) if (write.seq < seq) write.forsaken = true;
  }
}
