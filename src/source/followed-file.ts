import { fstatSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { ROTATED_WAIT_MS } from '../base/limits.ts';
import type { Positions, Reached, Source } from './contract.ts';
import { type FilePosition, Fingerprint, type Identity } from './fingerprint.ts';
import { readError } from './streamed.ts';

/**
 * A file that grows, from when it is found until it is gone.
 *
 * It is known by its inode and stays open, so that it is read to its end also after it was renamed or removed. A line
 * without a newline is not given out before its end has come, or before it is certain that none will.
 */

/** What the journal keeps for a file that is followed. */
export interface FollowedPosition extends FilePosition {
  /** As it was found, which is also its name; where that leads to, symbolic links resolved; the pattern that found it. */
  readonly path: string;
  readonly real: string;
  readonly pattern: string;
}

/** What has become of a file since the last look. */
export type Change = 'none' | 'grown' | 'truncated' | 'gone';

/** Bytes before the one that is read next that are looked at again, because a file can be written anew in its place. */
const SEEN_BYTES = 256;

/** How long a file that was removed must have been silent to be given up, where no other has come to its path. */
const REMOVED_WAIT_MS = 2000;
/** How long one that was renamed must have been. */
const ALONE_WAIT_MS = 3_600_000;

/** Prints that no file has. */
const NO_PRINTS = { head: '', tail: '' };

export interface FollowedFileOptions {
  readonly id: string;
  readonly found: Pick<FollowedPosition, 'path' | 'real' | 'pattern'>;
  readonly file: FileHandle;
  readonly identity: Identity;
  readonly start: Reached;
  /** The file that was at the same path before, which is read first. */
  readonly before: FollowedFile | undefined;
  /** Entries of the journal that are to be kept with the next commit, given out once. */
  readonly along: () => Positions;
  /** Called when it should be looked at soon. */
  readonly onDoubt: () => void;
}

export class FollowedFile implements Source {
  readonly start: Reached;
  readonly identity: Identity;
  readonly path: string;
  readonly id: string;
  /** When it was last written, and made, in milliseconds since 1970, as far as the file system tells. */
  writtenMs = 0;
  bornMs = 0;
  readonly #options: FollowedFileOptions;
  #before: FollowedFile | undefined;
  /** The file that is at the path after this one. */
  #after: FollowedFile | undefined;
  #offset: number;
  /** Up to where it was read; what lies between `#offset` and here is a line that has no end yet. */
  #seenTo: number;
  #sizeBytes: number;
  /** The last bytes before `#seenTo`. */
  #seen: Buffer;
  /** Whether the bytes that were read last ended amid a line that whoever reads may hold. */
  #amidLine = false;
  /** Whether something was not as expected, so that nothing is read before the next look. */
  #inDoubt = false;
  #isGone = false;
  /** When it was last seen to grow, or was seen to be gone, in milliseconds of the process. */
  #changedMs = performance.now();
  #final: 'with-rest' | 'without-rest' | undefined;
  #ended = false;
  #closed = false;
  #waiting: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(options: FollowedFileOptions) {
    const { id, found, start, identity, before } = options;
    this.#options = options;
    this.path = found.path;
    this.id = id;
    this.identity = identity;
    this.start = { offset: start.offset, line: start.line, unfinished: start.unfinished };
    this.#offset = start.offset;
    this.#seenTo = start.offset;
    this.#sizeBytes = start.offset;
    this.#seen = this.#bytesBefore(start.offset, Math.min(SEEN_BYTES, start.offset));
    if (before !== undefined && !before.#closed && !before.#ended) {
      this.#before = before;
      before.#after = this;
    }
  }

  /** Whether there is nothing left to read but, maybe, a line without an end. */
  get isCaughtUp(): boolean {
    return this.#inDoubt || this.#seenTo >= this.#sizeBytes;
  }

  /** Whether it is not looked at any more. */
  get isOver(): boolean {
    return this.#final !== undefined || this.#closed;
  }

  /** Whether nobody is expected to write to it any more, where it was removed or renamed to what no pattern finds. */
  get isGivenUp(): boolean {
    // Its writer is known to have gone on where the file that came after it is written.
    const isSucceeded = this.#after !== undefined && this.#after.#sizeBytes > 0;
    const renamedMs = isSucceeded ? ROTATED_WAIT_MS : ALONE_WAIT_MS;
    const removedMs = isSucceeded ? 0 : REMOVED_WAIT_MS;
    const waitMs = this.#isGone ? removedMs : renamedMs;
    return this.isCaughtUp && performance.now() - this.#changedMs >= waitMs;
  }

  get inode(): string {
    return `${this.identity.dev}:${this.identity.ino}`;
  }

  /** What to say where it was truncated, with what was there at the last look and was not read. */
  get truncatedNote(): string {
    const lost = Math.max(0, this.#sizeBytes - this.#offset);
    const rest = lost > 0 ? `, and ${lost} bytes that were not read yet are gone` : '';
    return `"${this.path}" was truncated or written anew; it is read from its start${rest}`;
  }

  /** Looks at what has become of the file; wakes whoever waits for more. */
  look(): Change {
    try {
      return this.#look();
    } catch {
      // Its file system does not know it any more.
      return 'gone';
    }
  }

  #look(): Change {
    if (this.isOver) return 'none';
    const { size, nlink, mtimeMs, birthtimeMs } = fstatSync(this.#options.file.fd);
    if (size < this.#sizeBytes) return 'truncated';
    if (size > this.#sizeBytes || mtimeMs !== this.writtenMs || this.#inDoubt) {
      if (!this.#isAsSeen()) return 'truncated';
      this.writtenMs = mtimeMs;
      if (this.bornMs === 0) this.bornMs = birthtimeMs;
      this.#inDoubt = false;
    }
    if (nlink === 0 && !this.#isGone) this.#changedMs = performance.now();
    this.#isGone = nlink === 0;
    if (size > this.#sizeBytes) {
      // Its writer has gone on to this file, so that what it has written to the one before is there by now.
      for (let before = this.#before; before !== undefined; before = before.#before) before.look();
      this.#sizeBytes = size;
      this.#changedMs = performance.now();
      this.#call();
      return 'grown';
    }
    return this.#isGone ? 'gone' : 'none';
  }

  /** Ends the source: behind what is there, or at once where what is there are other bytes. */
  finish(how: 'with-rest' | 'without-rest'): void {
    this.#final ??= how;
    this.#call();
  }

  readable(): Promise<void> | undefined {
    if (this.#final === 'without-rest' && this.#amidLine) {
      // Whoever reads lays down the piece of a line, which has no rest any more; then comes the end.
      this.#amidLine = false;
      return Promise.resolve();
    }
    if (!this.#isHeld && (this.#final !== undefined || !this.isCaughtUp)) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      this.#wake = resolve;
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    if (this.#final === 'without-rest') return this.#end();
    if (into.length === 0) return 0;
    const { file } = this.#options;
    const { bytesRead } = await file.read(into, 0, into.length, this.#offset).catch((error: unknown) => {
      throw readError(`"${this.path}"`, error);
    });
    // What was read before is looked at after the read: if it is as it was, what was read now belongs to it.
    if (!this.#isAsSeen() || (bytesRead === 0 && this.#final === undefined)) {
      if (this.#final !== undefined) return this.#end();
      this.#inDoubt = true;
      this.#options.onDoubt();
      return 0;
    }
    if (bytesRead === 0) return this.#end();
    this.#remember(into.subarray(0, bytesRead));
    if (this.isCaughtUp) this.#callThoseAfter();
    return bytesRead;
  }

  unread(bytes: number): void {
    this.#offset -= bytes;
    this.#amidLine = false;
  }

  async positions(reached: Reached): Promise<Positions> {
    const { id, file, identity, found, along } = this.#options;
    const others = along();
    // Not before all of it is in the output: what is not would be read by nobody after a crash.
    if (this.#ended && reached.offset >= this.#offset) return { ...others, [id]: null };
    const prints = await Fingerprint.of(file, reached.offset);
    // Never those of other bytes than were read.
    const known = this.#isAsSeen() ? prints : NO_PRINTS;
    return { ...others, [id]: { ...found, ...reached, ...identity, ...known } satisfies FollowedPosition };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    await this.#options.file.close();
  }

  /** Whether one of the files before this one has something to be read first. */
  get #isHeld(): boolean {
    for (let before = this.#before; before !== undefined; before = before.#before) {
      if (before.#closed || before.#ended) return false;
      if (before.#final !== undefined || !before.isCaughtUp) return true;
    }
    return false;
  }

  #end(): 'end' {
    this.#ended = true;
    this.#release();
    return 'end';
  }

  /** Lets the file after this one be read; neither keeps the other in memory. */
  #release(): void {
    this.#callThoseAfter();
    if (this.#after !== undefined) this.#after.#before = undefined;
    this.#after = undefined;
    this.#before = undefined;
  }

  #callThoseAfter(): void {
    for (let after = this.#after; after !== undefined; after = after.#after) after.#call();
  }

  #remember(read: Uint8Array): void {
    const from = this.#offset;
    this.#offset += read.length;
    this.#amidLine = read.at(-1) !== 0x0a;
    if (this.#offset <= this.#seenTo) return;
    const kept = this.#seen.subarray(0, Math.max(0, this.#seen.length - (this.#seenTo - from)));
    const last = read.subarray(-SEEN_BYTES);
    this.#seen = Buffer.concat([kept.subarray(Math.max(0, kept.length + last.length - SEEN_BYTES)), last]);
    this.#seenTo = this.#offset;
    this.#sizeBytes = Math.max(this.#sizeBytes, this.#offset);
  }

  /** Whether the bytes before the next one are still those that were read: a file can shrink and grow between two looks. */
  #isAsSeen(): boolean {
    return this.#seen.equals(this.#bytesBefore(this.#seenTo, this.#seen.length));
  }

  #bytesBefore(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (length === 0) return bytes;
    return bytes.subarray(0, readSync(this.#options.file.fd, bytes, 0, length, offset - length));
  }

  #call(): void {
    this.#wake?.();
    this.#waiting = undefined;
    this.#wake = undefined;
  }
}
