import { dirname } from 'node:path';
import { MillraceError, systemCode } from '../base/errors.ts';
import { type Disk, readWhole, writeWhole } from './disk.ts';
import { corrupt, tooShort } from './failure.ts';
import { FORMAT_VERSION, KNOWN_VERSIONS, layout } from './layout.ts';
import { openLines, sealLine } from './record.ts';

/** store.json and topic.json: which format the store has, and which job a topic belongs to. */

/**
 * Makes the store if there is none; rejects with MILLRACE_STORE_VERSION where it is of another format.
 *
 * store.json comes last: where it is, the directories above it and beside it are, and stay after a crash.
 */
export async function ensureStore(disk: Disk, store: string): Promise<void> {
  if (await checkStore(disk, store)) return;
  await makeDirectories(disk, store);
  await disk.makeDirectory(layout.topics(store));
  await disk.makeDirectory(layout.jobs(store));
  await disk.syncDirectory(store);
  await writeVersion(disk, store);
}

/** Makes a store of an older version one of this; to be called before anything is written that only this version knows. */
export async function raiseVersion(disk: Disk, store: string): Promise<void> {
  if ((await versionOf(disk, store)) !== FORMAT_VERSION) await writeVersion(disk, store);
}

async function writeVersion(disk: Disk, store: string): Promise<void> {
  const line = Buffer.from(`${JSON.stringify({ version: FORMAT_VERSION })}\n`);
  await writeWhole(disk, store, layout.storeFile, line);
}

/** Whether there is a store that can be read. */
export async function checkStore(disk: Disk, store: string): Promise<boolean> {
  const version = await versionOf(disk, store);
  if (version === undefined) return false;
  if (KNOWN_VERSIONS.includes(version)) return true;
  throw new MillraceError(
    'MILLRACE_STORE_VERSION',
    `the store "${store}" has the format version ${JSON.stringify(version)}, this millrace knows ${KNOWN_VERSIONS.join(' and ')}`,
    {
      hint: 'use the millrace that wrote it, or another --store',
    },
  );
}

/** What store.json says; undefined where there is none, and null where it says nothing. */
async function versionOf(disk: Disk, store: string): Promise<unknown> {
  const content = await readJson(disk, `${store}/${layout.storeFile}`);
  return content === undefined ? undefined : (content['version'] ?? null);
}

async function makeDirectories(disk: Disk, path: string): Promise<void> {
  try {
    await disk.makeDirectory(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(disk, dirname(path));
    await disk.makeDirectory(path);
  }
  await disk.syncDirectory(dirname(path));
}

/** The job that `topic` belongs to, or undefined where there is no such topic. */
export async function ownerOf(disk: Disk, store: string, topic: string): Promise<string | undefined> {
  const path = `${layout.topic(store, topic)}/${layout.topicFile}`;
  const bytes = await readWhole(disk, path);
  if (bytes === undefined) return undefined;
  const { contents, end } = openLines(bytes);
  const { job } = (contents[0] ?? {}) as { job?: unknown };
  if (end === 'clean' && contents.length === 1 && typeof job === 'string') return job;
  throw corrupt(`"${path}" is damaged`);
}

/** Rejects with MILLRACE_TOPIC_OWNED where another job has the topic; gives whether it exists. */
export async function checkOwner(disk: Disk, store: string, topic: string, job: string): Promise<boolean> {
  const owner = await ownerOf(disk, store, topic);
  if (owner === undefined || owner === job) return owner === job;
  throw new MillraceError('MILLRACE_TOPIC_OWNED', `the topic "${topic}" belongs to the job "${owner}"`, {
    hint: `write to another topic (--to NAME), or go on with that job (--job ${owner})`,
  });
}

/** Makes the topic for `job` if there is none, and durable. Its directory is moved into place with the owner in it. */
export async function ensureTopic(disk: Disk, store: string, topic: string, job: string): Promise<void> {
  if (!(await checkOwner(disk, store, topic, job))) {
    const aside = `${layout.job(store, job)}/${topic}.new`;
    await disk.makeDirectory(aside);
    await writeWhole(disk, aside, layout.topicFile, sealLine({ job }, 0).bytes);
    const taken = await moveInPlace(disk, aside, layout.topic(store, topic));
    if (taken && !(await checkOwner(disk, store, topic, job))) throw ownerMissing(store, topic);
  }
  await disk.syncDirectory(layout.topics(store));
}

/** The error for a topic that has events and no topic.json. */
export function ownerMissing(store: string, topic: string): MillraceError {
  return tooShort(`"${layout.topic(store, topic)}/${layout.topicFile}" is missing`);
}

/** Moves a directory, but not over one with something in it: true where there is one. */
async function moveInPlace(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.rename(from, to);
    return false;
  } catch (error) {
    if (systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST') return true;
    throw error;
  }
}

async function readJson(disk: Disk, path: string): Promise<Record<string, unknown> | undefined> {
  const bytes = await readWhole(disk, path);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
  } catch (error) {
    throw corrupt(`"${path}" is damaged: ${(error as Error).message}`);
  }
}
