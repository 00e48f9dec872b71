import type { Disk, DiskFile } from '../../src/store/disk.ts';
import { DiskModel, type DiskOp } from './disk-model.ts';
import { FaultyFile, systemError } from './faulty-file.ts';
import type { Random } from '../../src/base/random.ts';

/**
 * A disk in memory that keeps a trace of what was done to it, and fails when it is told to.
 *
 * Calls take effect some turns of the event loop after they were made, in an order that a seed decides, so that calls
 * which are under way at the same time overtake each other as they do on a real disk.
 */

export const CALL_KINDS = [
  'makeDirectory',
  'list',
  'open',
  'rename',
  'remove',
  'removeDirectory',
  'syncDirectory',
  'size',
  'read',
  'write',
  'truncate',
  'datasync',
  'close',
] as const;

export type CallKind = (typeof CALL_KINDS)[number];

export interface Failure {
  readonly kind: CallKind;
  /** The first call of this kind that fails; the first of all is 1. */
  readonly call: number;
  /** `short` is a write that takes only half of its bytes, and says so. */
  readonly code: 'EIO' | 'ENOSPC' | 'EMFILE' | 'short';
  /** Whether all later calls of this kind fail as well. */
  readonly forGood: boolean;
}

/** Most turns that a call waits before it takes effect; a sync, which takes longer than all else, so many times as many. */
const TURNS_MAX = 4;
const SYNC_TURNS = 6;

export class FaultyDisk implements Disk {
  readonly model: DiskModel;
  /** What was done, in order: `replay` makes the disk of any prefix of it. */
  readonly trace: DiskOp[] = [];
  readonly calls = new Map<CallKind, number>();
  /** Files that were opened and not closed. */
  openFiles = 0;
  /** Most bytes that one write takes. */
  writeBytesMax = Number.POSITIVE_INFINITY;
  failure: Failure | undefined;
  /** How often a call has failed because of that, and from where in the store it was made. */
  failed = 0;
  readonly failedAt = new Set<string>();
  /** How often a sync of a file has failed, by its node. */
  readonly failedSyncs = new Map<number, number>();
  /** Where calls were made from, whether they have failed or not; undefined where nobody asks, for it takes time. */
  calledAt: Set<string> | undefined;
  readonly #random: Random | undefined;
  readonly #watchers = new Set<{ readonly path: string; readonly onChange: () => void }>();

  constructor(model = new DiskModel(), random?: Random) {
    this.model = model;
    this.#random = random;
  }

  /** The disk as it was after the first `length` operations of a trace that began with `start`. */
  static replay(trace: readonly DiskOp[], length: number, start = new DiskModel()): FaultyDisk {
    for (const op of trace.slice(0, length)) start.apply(op);
    return new FaultyDisk(start);
  }

  /** Leaves a note in the trace. */
  mark(mark: number): void {
    this.apply({ kind: 'mark', mark });
  }

  apply(op: DiskOp): void {
    this.trace.push(op);
    this.model.apply(op);
    const path =
      'path' in op ? op.path : 'to' in op ? op.to : 'file' in op ? this.model.nodes[op.file]!.path : '';
    for (const watcher of this.#watchers) if (path.startsWith(`${watcher.path}/`)) watcher.onChange();
  }

  /** Counts a call and waits for its turn; `failing` is what a failing call does before it rejects. True for a short one. */
  async turn(kind: CallKind, failing?: () => unknown): Promise<boolean> {
    const call = (this.calls.get(kind) ?? 0) + 1;
    this.calls.set(kind, call);
    const isFailing = this.#isFailing(kind, call);
    if (isFailing) this.failedAt.add(callSite());
    this.calledAt?.add(callSite());
    const turnsMax = kind === 'datasync' ? SYNC_TURNS * TURNS_MAX : TURNS_MAX;
    for (let turns = this.#random?.below(turnsMax) ?? 0; turns > 0; turns--) await Promise.resolve();
    if (!isFailing) return false;
    this.failed++;
    if (this.failure!.code === 'short') return true;
    failing?.();
    throw systemError(this.failure!.code, kind);
  }

  #isFailing(kind: CallKind, call: number): boolean {
    const { failure } = this;
    return failure?.kind === kind && (call === failure.call || (call > failure.call && failure.forGood));
  }

  readonly makeDirectory = async (path: string): Promise<void> => {
    await this.turn('makeDirectory');
    this.#checkParent(path);
    if (this.model.lookup(path) === undefined) this.apply({ kind: 'makeDirectory', path });
  };

  readonly list = async (path: string): Promise<string[]> => {
    await this.turn('list');
    return [...(this.model.directory(path)?.entries.keys() ?? [])].sort();
  };

  readonly open = async (path: string, mode: 'read' | 'update' | 'create'): Promise<DiskFile> => {
    await this.turn('open');
    this.#checkParent(path);
    if (this.model.lookup(path) === undefined) {
      if (mode !== 'create') throw systemError('ENOENT', path);
      this.apply({ kind: 'create', path });
    }
    const node = this.model.lookup(path)!;
    this.openFiles++;
    return new FaultyFile(this, this.model.file(node), node);
  };

  readonly rename = async (from: string, to: string): Promise<void> => {
    await this.turn('rename');
    this.#checkParent(to);
    if (this.model.lookup(from) === undefined) throw systemError('ENOENT', from);
    if ((this.model.directory(to)?.entries.size ?? 0) > 0) throw systemError('ENOTEMPTY', to);
    this.apply({ kind: 'rename', from, to });
  };

  readonly remove = async (path: string): Promise<void> => {
    await this.turn('remove');
    if (this.model.directory(path) !== undefined) throw systemError('EISDIR', path);
    if (this.model.lookup(path) !== undefined) this.apply({ kind: 'remove', path });
  };

  readonly removeDirectory = async (path: string): Promise<void> => {
    await this.turn('removeDirectory');
    if (this.model.directory(path)?.entries.size === 0) this.apply({ kind: 'remove', path });
  };

  readonly syncDirectory = async (path: string): Promise<void> => {
    const { seq } = this.model;
    await this.turn('syncDirectory');
    if (this.model.directory(path) === undefined) throw systemError('ENOENT', path);
    this.apply({ kind: 'syncDirectory', path, seq });
  };

  readonly watch = (path: string, onChange: () => void): (() => void) => {
    const watcher = { path, onChange };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #checkParent(path: string): void {
    if (this.model.directory(path.slice(0, path.lastIndexOf('/'))) === undefined)
      throw systemError('ENOENT', path);
  }
}

/** The line in the store that the call under way was made from. */
function callSite(): string {
  const { stack = '' } = new Error();
  return /src\/(?:store|upkeep)\/([\w-]+\.ts:\d+)/.exec(stack)?.[1] ?? 'elsewhere';
}
