import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { JobLog } from '../../src/store/job-log.ts';
import { listTopics, TopicReader } from '../../src/store/topic-reader.ts';
import { applyRepair, planRepair } from '../../src/upkeep/repair-store.ts';
import type { RepairChoices } from '../../src/upkeep/plan-repair.ts';
import { type Report, verifyStore } from '../../src/upkeep/verify-store.ts';
import { filesOf } from '../support/crash-states.ts';
import { DiskModel } from '../support/disk-model.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import type { Random } from '../../src/base/random.ts';
import { commitSteps, emptyDisk, SMALL, STORE, TOPICS } from '../support/store-scenario.ts';

/** A store of some sealed segments and a journal of some commits, and ways to damage it. */

export type Files = ReadonlyMap<string, Uint8Array>;

export const KEEP: RepairChoices = { rewind: false, keepPositions: false };

/** How many steps are committed, and how many of them before the last start. */
export const STEPS = 9;
const EARLIER = 4;

/** The files of a store with the steps 1 to 9, of which the last five are commits of the journal's file. */
export async function soundFiles(): Promise<Files> {
  const disk = new FaultyDisk(emptyDisk());
  for (const [from, to] of [
    [1, EARLIER],
    [EARLIER + 1, STEPS],
  ] as const) {
    const log = await JobLog.open(disk, STORE, { ...SMALL, journalBytesMax: 100_000 });
    for (const topic of TOPICS) await log.createTopic(topic);
    await commitSteps(log, from, to);
    await log.close();
  }
  return filesOf(disk.model);
}

export function diskOf(files: Files): FaultyDisk {
  return new FaultyDisk(DiskModel.of(new Map([...files, ['/data/other', new Uint8Array(0)]])));
}

/** A file of the store by a part of its path. */
export function pathLike(files: Files, part: string): string {
  const path = [...files.keys()].find(name => name.includes(part));
  expect(path, part).toBeDefined();
  return path!;
}

export function changed(files: Files, path: string, change: (content: Buffer) => Uint8Array): Files {
  return new Map([...files, [path, change(Buffer.from(files.get(path)!))]]);
}

export function without(files: Files, path: string): Files {
  return new Map([...files].filter(([name]) => name !== path));
}

/** Changes one thing somewhere: a bit, a sector, the length of a file, or its being there. */
export function damageSomewhere(files: Files, random: Random): Files {
  const paths = [...files.keys()].filter(path => files.get(path)!.length > 0);
  const path = paths[random.below(paths.length)]!;
  const size = files.get(path)!.length;
  const at = random.below(size);
  const kind = random.below(8);
  if (kind === 0) return without(files, path);
  if (kind === 1) return changed(files, path, content => content.subarray(0, at));
  if (kind === 2) return changed(files, path, content => content.fill(0, at, Math.min(size, at + 512)));
  if (kind === 3)
    return changed(files, path, content => Buffer.concat([content, Buffer.from('{"rest":1}\n')]));
  return changed(files, path, content => {
    content[at]! ^= 1 << random.below(8);
    return content;
  });
}

export async function verified(disk: FaultyDisk, names: readonly string[] = []): Promise<Report[]> {
  const reports: Report[] = [];
  for await (const report of verifyStore(disk, STORE, names)) reports.push(report);
  return reports;
}

export function damageIn(reports: readonly Report[]): string[] {
  return reports.flatMap(({ name, findings }) =>
    findings.filter(({ kind }) => kind === 'damage').map(({ message }) => `${name}: ${message}`),
  );
}

/** Plans and repairs; gives the plan. */
export async function repair(disk: FaultyDisk, choices = KEEP): ReturnType<typeof planRepair> {
  const plan = await planRepair(disk, STORE, [], choices);
  await applyRepair(disk, STORE, plan, choices);
  return plan;
}

/** The events of a topic by their offsets; none where it does not exist. */
export async function eventsIn(disk: FaultyDisk, topic: string): Promise<Map<number, string>> {
  const events = new Map<number, string>();
  if (!(await listTopics(disk, STORE)).includes(topic)) return events;
  const reader = await TopicReader.open(disk, STORE, topic);
  for await (const { bytes, offset } of reader.frames()) {
    const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) if (line !== '') events.set(offset + index, line);
  }
  return events;
}

const SEGMENT = /\.ndjson(\.gz)?(\.\d+)?$/;

/** The segments among `files` of which something is neither in the store nor in its quarantine. */
export function goneFiles(files: Files, disk: FaultyDisk): string[] {
  const left = [...filesOf(disk.model, STORE)].flatMap(([path, content]) =>
    SEGMENT.test(path) ? [Buffer.from(content).toString('latin1')] : [],
  );
  const wholes = new Set(['', ...left]);
  const lines = new Set(left.flatMap(linesOf));
  return [...files].flatMap(([path, bytes]) => {
    const content = Buffer.from(bytes).toString('latin1');
    // It may be in two pieces, one of which was cut off.
    const isWhole = ['', ...left].some(
      head => content.startsWith(head) && wholes.has(content.slice(head.length)),
    );
    return !SEGMENT.test(path) || isWhole || linesOf(content).every(line => lines.has(line)) ? [] : [path];
  });
}

/** Lines of a segment; one that is damaged and cannot be unpacked is a line by itself. */
function linesOf(content: string): string[] {
  const bytes = Buffer.from(content, 'latin1');
  try {
    return (bytes[0] === 0x1f ? gunzipSync(bytes).toString('latin1') : content).split('\n');
  } catch {
    return [content];
  }
}
