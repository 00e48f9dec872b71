import { ModelFile } from './disk-file.ts';

/**
 * A file system in memory that knows what of it is durable.
 *
 * It is driven by a list of operations and nothing else, so the same list gives the same state, and a prefix of the
 * list gives the state at that moment. Entries of directories are durable after a sync of the directory; renaming is
 * atomic, also between two directories. Everything else may have reached the disk or not (crash-states.ts).
 */

export type DiskOp =
  | { readonly kind: 'makeDirectory'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'write'; readonly file: number; readonly bytes: Uint8Array; readonly position: number }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  /** What was done before the operation number `seq` is durable now; or, `forsake`, never will be. */
  | { readonly kind: 'datasync'; readonly file: number; readonly seq: number }
  | { readonly kind: 'forsake'; readonly file: number; readonly seq: number }
  | { readonly kind: 'syncDirectory'; readonly path: string; readonly seq: number }
  /** Something that the test wants to find again in the trace. */
  | { readonly kind: 'mark'; readonly mark: number };

export interface ModelDirectory {
  readonly path: string;
  readonly entries: Map<string, number>;
}

/** One change of directories, which reaches the disk as a whole or not. */
export interface PendingEntries {
  readonly seq: number;
  readonly effects: readonly EntryEffect[];
  durable: boolean;
}

export interface EntryEffect {
  readonly directory: number;
  readonly name: string;
  /** What the name stands for now; undefined if it is gone. */
  readonly node: number | undefined;
}

type Entries = Map<number, Map<string, number>>;

export class DiskModel {
  /** How many operations were applied: the number of the next. */
  seq = 0;
  /** Files and directories by number; the root is 0. */
  readonly nodes: (ModelFile | ModelDirectory)[] = [{ path: '/', entries: new Map() }];
  /** Entries that are durable for certain, and the changes since, in order. */
  readonly durable: Entries = new Map();
  pending: PendingEntries[] = [];

  /** A disk with these files, all durable. */
  static of(files: ReadonlyMap<string, Uint8Array>): DiskModel {
    const model = new DiskModel();
    for (const [path, content] of files) {
      for (let cut = path.indexOf('/', 1); cut > 0; cut = path.indexOf('/', cut + 1)) {
        if (model.lookup(path.slice(0, cut)) === undefined) model.place(path.slice(0, cut), undefined);
      }
      model.place(path, content);
    }
    return model;
  }

  apply(op: DiskOp): void {
    const seq = this.seq++;
    if (op.kind === 'write') this.file(op.file).write(seq, op.bytes, op.position);
    else if (op.kind === 'truncate') this.file(op.file).truncate(seq, op.size);
    else if (op.kind === 'syncDirectory') this.#syncDirectory(this.lookup(op.path)!, op.seq);
    else if (op.kind === 'rename') this.#rename(seq, op.from, op.to);
    else if (op.kind === 'remove') this.#change(seq, [this.#effect(op.path, undefined)]);
    else if (op.kind === 'datasync') this.file(op.file).sync(op.seq);
    else if (op.kind === 'forsake') this.file(op.file).forsake(op.seq);
    else if (op.kind !== 'mark') this.#make(seq, op.path, op.kind === 'create');
  }

  lookup(path: string): number | undefined {
    let node: number | undefined = 0;
    for (const name of namesOf(path)) {
      const at: ModelFile | ModelDirectory | undefined = node === undefined ? undefined : this.nodes[node];
      node = at === undefined || at instanceof ModelFile ? undefined : at.entries.get(name);
    }
    return node;
  }

  file(node: number): ModelFile {
    const file = this.nodes[node];
    if (file instanceof ModelFile) return file;
    throw Object.assign(new Error('illegal operation on a directory'), { code: 'EISDIR' });
  }

  directory(path: string): ModelDirectory | undefined {
    const node = this.lookup(path);
    const directory = node === undefined ? undefined : this.nodes[node];
    return directory instanceof ModelFile ? undefined : directory;
  }

  /** Puts a file or directory there that is durable at once. */
  place(path: string, content: Uint8Array | undefined): number {
    const { directory, name } = this.#effect(path, undefined);
    const node =
      this.nodes.push(content === undefined ? { path, entries: new Map() } : new ModelFile(path, content)) -
      1;
    this.#enter({ directory, name, node });
    enter(this.durable, { directory, name, node });
    return node;
  }

  #make(seq: number, path: string, isFile: boolean): void {
    const effect = this.#effect(path, this.nodes.length);
    this.nodes.push(isFile ? new ModelFile(path) : { path, entries: new Map() });
    this.#change(seq, [effect]);
  }

  #rename(seq: number, from: string, to: string): void {
    this.#change(seq, [this.#effect(from, undefined), this.#effect(to, this.lookup(from))]);
  }

  #effect(path: string, node: number | undefined): EntryEffect {
    const cut = path.lastIndexOf('/');
    return { directory: this.lookup(path.slice(0, cut))!, name: path.slice(cut + 1), node };
  }

  #change(seq: number, effects: readonly EntryEffect[]): void {
    for (const effect of effects) this.#enter(effect);
    this.pending.push({ seq, effects, durable: false });
  }

  #enter({ directory, name, node }: EntryEffect): void {
    const { entries } = this.nodes[directory] as ModelDirectory;
    if (node === undefined) entries.delete(name);
    else entries.set(name, node);
  }

  #syncDirectory(directory: number, seq: number): void {
    for (const change of this.pending) {
      if (change.seq < seq && change.effects.some(effect => effect.directory === directory))
        change.durable = true;
    }
    // Later changes of the same name stand above earlier ones: only from the front can they be forgotten.
    while (this.pending[0]?.durable === true) {
      for (const effect of this.pending.shift()!.effects) enter(this.durable, effect);
    }
  }
}

const namesOfPaths = new Map<string, readonly string[]>();

/** The few paths of a scenario are looked up millions of times. */
function namesOf(path: string): readonly string[] {
  const known = namesOfPaths.get(path);
  if (known !== undefined) return known;
  const names = path.split('/').filter(part => part !== '');
  namesOfPaths.set(path, names);
  return names;
}

/** Applies one effect to the entries of many directories. */
export function enter(entries: Entries, { directory, name, node }: EntryEffect): void {
  const names = entries.get(directory) ?? new Map<string, number>();
  entries.set(directory, names);
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}
