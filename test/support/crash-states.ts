import { createHash } from 'node:crypto';
import { ModelFile, type Outcome, outcomesOf, type PendingWrite, withOutcome } from './disk-file.ts';
import { DiskModel, enter, type PendingEntries } from './disk-model.ts';
import type { Random } from '../../src/base/random.ts';

/**
 * What a power failure can leave of a disk: each write that was not synced is there, not there, or torn; each change
 * of a directory that was not synced has happened or not.
 *
 * Where there are few combinations all are given; where there are many: nothing, everything, every single deviation
 * from these two, and a sample of the rest.
 */

/** Something that is open: how many outcomes it has. The first is that it did not happen, the second that it did. */
type Open =
  | { readonly write: PendingWrite; readonly outcomes: readonly Outcome[] }
  | { readonly change: PendingEntries; readonly outcomes: readonly [false, true] };

type Choice = ReadonlyMap<PendingWrite | PendingEntries, Outcome | boolean>;

export interface CrashOptions {
  readonly random: Random;
  readonly statesMax: number;
  /** Paths whose fate does not matter: there is no use in telling it apart. */
  readonly settled: (path: string) => boolean;
}

/** The crash states of the disk as it is now. */
export function* crashStates(model: DiskModel, options: CrashOptions): Generator<DiskModel, void, void> {
  const open = openThings(model, options.settled);
  for (const choice of choices(open, options)) {
    yield crashed(
      model,
      new Map(
        open.map((thing, index) => [
          'write' in thing ? thing.write : thing.change,
          thing.outcomes[choice[index]!]!,
        ]),
      ),
    );
  }
}

/** The state in which nothing has reached the disk that was not synced. */
export function barestCrash(model: DiskModel): DiskModel {
  return crashed(
    model,
    new Map(
      openThings(model, () => false).map(thing => [
        'write' in thing ? thing.write : thing.change,
        thing.outcomes[0]!,
      ]),
    ),
  );
}

function openThings(model: DiskModel, settled: (path: string) => boolean): Open[] {
  const changes = model.pending.filter(({ durable }) => !durable);
  const reachable = new Set([0]);
  for (const names of model.durable.values()) for (const node of names.values()) reachable.add(node);
  for (const { effects } of model.pending) for (const { node } of effects) reachable.add(node ?? 0);
  const open: Open[] = changes
    .filter(({ effects }) => !effects.some(({ directory }) => settled(`${model.nodes[directory]!.path}/`)))
    .map(change => ({ change, outcomes: [false, true] }));
  for (const node of reachable) {
    const file = model.nodes[node]!;
    if (!(file instanceof ModelFile) || settled(file.path)) continue;
    for (const write of file.pending) open.push({ write, outcomes: outcomesOf(write) });
  }
  return open;
}

/** Which outcome each open thing has, by its number. */
function* choices(
  open: readonly Open[],
  { random, statesMax }: CrashOptions,
): Generator<number[], void, void> {
  const counts = open.map(({ outcomes }) => outcomes.length);
  if (counts.reduce((product, count) => product * count, 1) <= statesMax) {
    yield* combinations(counts);
    return;
  }
  yield counts.map(() => 0);
  yield counts.map(() => 1);
  for (const [at, count] of counts.entries()) {
    yield counts.map((_, index) => (index === at ? 1 : 0));
    for (let outcome = 0; outcome < count; outcome++) {
      if (outcome !== 1) yield counts.map((_, index) => (index === at ? outcome : 1));
    }
  }
  for (let given = 0; given < statesMax / 2; given++) yield counts.map(count => random.below(count));
}

function* combinations(counts: readonly number[], at = 0): Generator<number[], void, void> {
  if (at === counts.length) {
    yield [];
    return;
  }
  for (const rest of combinations(counts, at + 1)) {
    for (let outcome = 0; outcome < counts[at]!; outcome++) yield [outcome, ...rest];
  }
}

/** The disk after a crash with these outcomes; what is not named has happened. All that it has is durable. */
function crashed(model: DiskModel, choice: Choice): DiskModel {
  const entries = new Map([...model.durable].map(([directory, names]) => [directory, new Map(names)]));
  for (const change of model.pending) {
    if (change.durable || choice.get(change) !== false)
      for (const effect of change.effects) enter(entries, effect);
  }
  const after = new DiskModel();
  const copy = (directory: number, path: string): void => {
    for (const [name, node] of entries.get(directory) ?? []) {
      const file = model.nodes[node]!;
      after.place(`${path}/${name}`, file instanceof ModelFile ? contentOf(file, choice) : undefined);
      if (!(file instanceof ModelFile)) copy(node, `${path}/${name}`);
    }
  };
  copy(0, '');
  return after;
}

function contentOf(file: ModelFile, choice: Choice): Uint8Array {
  let content = file.durable;
  for (const write of file.pending) {
    const outcome = choice.get(write) as Outcome | undefined;
    content = withOutcome(content, write, outcome ?? (write.forsaken ? 'none' : 'whole'));
  }
  return content;
}

/** Every file below `path` as the page cache has it, by path, sorted. */
export function filesOf(model: DiskModel, path = ''): Map<string, Uint8Array> {
  return new Map(
    [...walk(model, path)].flatMap(([at, content]) => (content === undefined ? [] : [[at, content]])),
  );
}

/** Everything below `path`: files with their content, directories without. */
function* walk(
  model: DiskModel,
  path: string,
): Generator<readonly [string, Uint8Array | undefined], void, void> {
  const directory = model.directory(path);
  for (const name of [...(directory?.entries.keys() ?? [])].sort()) {
    const at = `${path}/${name}`;
    const node = model.nodes[directory!.entries.get(name)!]!;
    yield [at, node instanceof ModelFile ? node.content : undefined];
    if (!(node instanceof ModelFile)) yield* walk(model, at);
  }
}

/** The same for disks with the same files and directories, those at settled paths apart. */
export function fingerprint(model: DiskModel, settled: (path: string) => boolean): string {
  const hash = createHash('sha1');
  for (const [path, content] of walk(model, '')) {
    if (settled(path)) continue;
    hash.update(`${path}\0${content?.length}\0`).update(content ?? '');
  }
  return hash.digest('hex');
}
