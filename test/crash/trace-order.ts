import { basename, dirname } from 'node:path';
import type { TracedCall } from './shim.ts';

/**
 * Reads what a real run has asked of the system, in order, and holds it to the promise of a commit:
 *
 *     segments written → synced, and the directories of new ones → line in the journal → synced → told to a sender
 *                                                                                            └→ what it replaces is removed
 *
 * A sync counts for what was written before it began, and from its end on.
 */

export interface Order {
  /** Lines of journals, acknowledgements, and removals of segments, that were looked at. */
  records: number;
  acknowledgements: number;
  removals: number;
  /** What came too early. */
  violations: string[];
}

interface FileState {
  writtenTo: number;
  /** By the number of the sync's call: how far the file was written when it began. */
  readonly syncing: Map<number, number>;
  syncedTo: number;
}

interface JournalLine {
  readonly kind: string;
  readonly sources: Readonly<Record<string, unknown>>;
  readonly topics: Readonly<Record<string, TopicLine>>;
}

interface TopicLine {
  readonly end: Frame;
  readonly frames: readonly FrameRow[];
  readonly sealed?: readonly (readonly [segment: number, ...unknown[]])[];
  readonly earliest?: number;
}

interface Frame {
  readonly segment: number;
  readonly bytes: number;
}

type FrameRow = readonly [segment: number, bytes: number, ...unknown[]];

export function checkOrder(trace: readonly TracedCall[]): Order {
  const checker = new Checker();
  for (const call of trace) checker.take(call);
  return checker.order;
}

class Checker {
  readonly order: Order = { records: 0, acknowledgements: 0, removals: 0, violations: [] };
  readonly #files = new Map<string, FileState>();
  /** New names that no sync of their directory vouches for yet; by directory, those that each sync under way would settle. */
  readonly #newNames = new Set<string>();
  readonly #settling = new Map<number, readonly string[]>();
  /** Lines of journals that are not synced yet, by file, with where they end. */
  readonly #lines = new Map<string, { readonly end: number; readonly line: JournalLine }[]>();
  /** What is durable of the positions of the sources. */
  readonly #sources = new Map<string, unknown>();
  /** Plain segments that are not needed any more, because it is durable that others stand for them, or nothing. */
  readonly #replaced = new Set<string>();
  readonly #earliest = new Map<string, number>();
  /** Who sends over a connection, by its descriptor. */
  readonly #producers = new Map<string, string>();

  take(call: TracedCall): void {
    if (call.kind === 'write') this.#write(call);
    else if (call.kind === 'datasync') this.#datasync(call);
    else if (call.kind === 'fsync') this.#fsync(call);
    else if (call.kind === 'open' && call.when === 'new') this.#newNames.add(call.path);
    else if (call.kind === 'mkdir' && call.length === 0) this.#newNames.add(call.path);
    else if (call.kind === 'rename') this.#rename(call.path, call.bytes.toString());
    else if (call.kind === 'unlink') this.#unlink(call.path);
    else if (call.kind === 'send') this.#send(call);
  }

  #file(path: string): FileState {
    const file = this.#files.get(path) ?? { writtenTo: 0, syncing: new Map(), syncedTo: 0 };
    this.#files.set(path, file);
    return file;
  }

  #write({ path, when, position, length, bytes }: TracedCall): void {
    if (when === 'end') {
      const file = this.#file(path);
      file.writtenTo = Math.max(file.writtenTo, position + length);
      return;
    }
    if (!path.endsWith('.journal')) return;
    const line = JSON.parse(bytes.toString()) as JournalLine;
    this.order.records++;
    for (const name of Object.keys(line.topics)) this.#checkTopic(path, name, line);
    this.#lines.set(path, [...(this.#lines.get(path) ?? []), { end: position + length, line }]);
  }

  /** All that a line of the journal names must be on the disk before the line is written. */
  #checkTopic(journal: string, name: string, { topics }: JournalLine): void {
    const { end, frames, sealed = [] } = topics[name]!;
    const directory = topicOf(journal, name);
    for (const row of sealed) {
      const packed = packedSize(row);
      const path = `${segmentIn(directory, row[0])}.gz`;
      if (packed === undefined || !this.#files.has(path)) continue;
      if (this.#file(path).syncedTo < packed) this.#violation(`${path} is named before it is synced`);
      this.#checkNames(path, `${path} is named before its directory is synced`);
    }
    const bytesOf = new Map([[end.segment, end.bytes]]);
    for (const [segment, bytes] of frames)
      if (segment !== end.segment) bytesOf.set(segment, (bytesOf.get(segment) ?? 0) + bytes);
    for (const [segment, bytes] of bytesOf) {
      const path = segmentIn(directory, segment);
      // What an earlier process has written is none of this trace.
      const file = this.#files.get(path);
      if (file === undefined) continue;
      if (file.syncedTo < Math.min(bytes, file.writtenTo))
        this.#violation(`${path} is named before it is synced`);
      this.#checkNames(path, `${path} is named before its directory is synced`);
    }
  }

  #checkNames(path: string, what: string): void {
    for (let at = path; at.includes('/topics/') || at.includes('/jobs/'); at = dirname(at))
      if (this.#newNames.has(at)) this.#violation(`${what} (${basename(at)})`);
  }

  #datasync({ call, path, when }: TracedCall): void {
    const file = this.#file(path);
    if (when === 'begin') {
      file.syncing.set(call, file.writtenTo);
      return;
    }
    file.syncedTo = Math.max(file.syncedTo, file.syncing.get(call) ?? 0);
    const lines = this.#lines.get(path) ?? [];
    for (const { end, line } of lines) if (end <= file.syncedTo) this.#settle(path, line);
    this.#lines.set(
      path,
      lines.filter(({ end }) => end > file.syncedTo),
    );
  }

  /** A line of the journal is durable, and so is what it says. */
  #settle(journal: string, { sources, topics }: JournalLine): void {
    for (const [id, at] of Object.entries(sources)) this.#sources.set(id, at);
    for (const [name, { sealed = [], earliest }] of Object.entries(topics)) {
      const directory = topicOf(journal, name);
      for (const row of sealed)
        if (packedSize(row) !== undefined) this.#replaced.add(segmentIn(directory, row[0]));
      if (earliest !== undefined) this.#earliest.set(directory, earliest);
    }
  }

  #fsync({ call, path, when }: TracedCall): void {
    const names = [...this.#newNames].filter(name => dirname(name) === path);
    if (when === 'begin') this.#settling.set(call, names);
    else for (const name of this.#settling.get(call) ?? []) this.#newNames.delete(name);
  }

  #rename(from: string, to: string): void {
    const moved = this.#files.get(from);
    if (moved !== undefined) this.#files.set(to, moved);
    if (!to.includes('/lock/')) this.#newNames.add(to);
    for (const name of this.#newNames)
      if (name === from || name.startsWith(`${from}/`)) this.#newNames.delete(name);
  }

  /** A journal file goes only when a newer one is durable; a segment when it is durable that it is not needed. */
  #unlink(path: string): void {
    if (/\/\d{20}\.ndjson(\.gz)?$/.test(path)) {
      this.order.removals++;
      const isKept = Number(basename(path).slice(0, 20)) >= (this.#earliest.get(dirname(path)) ?? 0);
      if (isKept && !this.#replaced.has(path)) this.#violation(`${path} is removed before that is durable`);
    }
    if (!path.endsWith('.journal')) return;
    const isDurable = ([name, { syncedTo }]: readonly [string, FileState]): boolean =>
      dirname(name) === dirname(path) && name > path && syncedTo > 0 && !this.#newNames.has(name);
    if (![...this.#files].some(isDurable))
      this.#violation(`${path} is removed before a newer one is durable`);
  }

  /** What a sender is told is committed must be. */
  #send({ path, bytes }: TracedCall): void {
    for (const text of bytes.toString('latin1').match(/\{[^{}]*"committed":\d+[^{}]*\}/g) ?? []) {
      const told = JSON.parse(text) as { producer?: string; committed: number };
      if (told.producer !== undefined) this.#producers.set(path, told.producer);
      const producer = this.#producers.get(path);
      if (producer === undefined || told.committed === 0) continue;
      this.order.acknowledgements++;
      const durable = [...this.#sources].filter(([id]) => id.endsWith(` producer ${producer}`));
      if (!durable.some(([, number]) => Number(number) >= told.committed))
        this.#violation(
          `${producer} is told of ${told.committed}, and the disk has ${String(durable.at(-1)?.[1])}`,
        );
    }
  }

  #violation(what: string): void {
    this.order.violations.push(what);
  }
}

function topicOf(journal: string, name: string): string {
  return `${dirname(dirname(dirname(dirname(journal))))}/topics/${name}`;
}

function segmentIn(directory: string, segment: number): string {
  return `${directory}/${String(segment).padStart(20, '0')}.ndjson`;
}

/** The size of a sealed segment's file, where it is compressed. */
function packedSize(row: readonly unknown[]): number | undefined {
  return (row[6] as { readonly gzip?: number } | undefined)?.gzip;
}
