import type { DiskFile } from '../../src/store/disk.ts';
import type { ModelFile } from './disk-file.ts';
import type { CallKind, FaultyDisk } from './faulty-disk.ts';

/** An open file of a faulty disk. It stays what it is when its name is given to another file or removed. */
export class FaultyFile implements DiskFile {
  readonly #disk: FaultyDisk;
  readonly #file: ModelFile;
  readonly #node: number;
  #isOpen = true;
  /** Failed syncs of the file that this one has been told of, or that were before it was opened. */
  #failuresSeen: number;

  constructor(disk: FaultyDisk, file: ModelFile, node: number) {
    this.#disk = disk;
    this.#file = file;
    this.#node = node;
    this.#failuresSeen = this.#failures;
  }

  get #failures(): number {
    return this.#disk.failedSyncs.get(this.#node) ?? 0;
  }

  async size(): Promise<number> {
    await this.#turn('size');
    return this.#file.content.length;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#turn('read');
    const bytes = this.#file.content.subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  /** Takes the bytes when it takes effect: whoever changes them before that has written something else. */
  async write(bytes: Uint8Array, position: number): Promise<number> {
    const length = Math.min(bytes.length, this.#disk.writeBytesMax);
    const put = (some: number): void =>
      this.#disk.apply({ kind: 'write', file: this.#node, bytes: bytes.slice(0, some), position });
    // A write that fails for want of space has written what there was space for.
    const isShort = await this.#turn(
      'write',
      () => this.#disk.failure?.code === 'ENOSPC' && put(Math.floor(length / 2)),
    );
    const taken = isShort ? Math.ceil(length / 2) : length;
    put(taken);
    return taken;
  }

  async truncate(size: number): Promise<void> {
    await this.#turn('truncate');
    this.#disk.apply({ kind: 'truncate', file: this.#node, size });
  }

  async datasync(): Promise<void> {
    const { seq } = this.#disk.model;
    await this.#turn('datasync', () => {
      this.#disk.apply({ kind: 'forsake', file: this.#node, seq });
      this.#failuresSeen = this.#failures + 1;
      this.#disk.failedSyncs.set(this.#node, this.#failuresSeen);
    });
    // Linux tells everybody who has the file open, once (errseq_t): what one has failed to sync is there for none.
    if (this.#failures > this.#failuresSeen) {
      this.#failuresSeen = this.#failures;
      throw systemError('EIO', 'datasync');
    }
    this.#disk.apply({ kind: 'datasync', file: this.#node, seq });
  }

  async close(): Promise<void> {
    // As with the system's close: the descriptor is gone also where it fails.
    const closing = this.#turn('close');
    if (this.#isOpen) this.#disk.openFiles--;
    this.#isOpen = false;
    await closing;
  }

  async #turn(kind: CallKind, failing?: () => unknown): Promise<boolean> {
    if (!this.#isOpen) throw systemError('EBADF', kind);
    return this.#disk.turn(kind, failing);
  }
}

export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
