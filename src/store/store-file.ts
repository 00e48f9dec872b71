import { dirname } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { type Disk, readWhole, writeWhole } from './disk.ts';
import { corrupt } from './failure.ts';
import { FORMAT_VERSION, layout } from './layout.ts';

/** store.json and topic.json: which format the store has, and which job a topic belongs to. */

/** Makes the store if there is none; rejects with MILLRACE_STORE_VERSION where it is of another format. */
export async function ensureStore(disk: Disk, store: string): Promise<void> {
  if (await checkStore(disk, store)) return;
  await makeDirectories(disk, store);
  await disk.makeDirectory(layout.topics(store));
  await disk.makeDirectory(layout.jobs(store));
  await writeWhole(disk, store, layout.storeFile, Buffer.from(`${JSON.stringify({ version: FORMAT_VERSION })}\n`));
  await disk.syncDirectory(dirname(store));
}

/** Whether there is a store that can be read. */
export async function checkStore(disk: Disk, store: string): Promise<boolean> {
  const content = await readJson(disk, `${store}/${layout.storeFile}`);
  if (content === undefined) return false;
  const { version } = content;
  if (version === FORMAT_VERSION) return true;
  throw new MillraceError('MILLRACE_STORE_VERSION', `the store "${store}" has the format version ${JSON.stringify(version)}, this millrace knows ${FORMAT_VERSION}`, {
    hint: 'use the millrace that wrote it, or another --store',
  });
}

async function makeDirectories(disk: Disk, path: string): Promise<void> {
  try {
    await disk.makeDirectory(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(disk, dirname(path));
    await disk.makeDirectory(path);
    await disk.syncDirectory(dirname(path));
  }
}

/** The job that `topic` belongs to, or undefined where there is no such topic. */
export async function ownerOf(disk: Disk, store: string, topic: string): Promise<string | undefined> {
  const content = await readJson(disk, `${layout.topic(store, topic)}/${layout.topicFile}`);
  if (content === undefined) return undefined;
  if (typeof content['job'] === 'string') return content['job'];
  throw corrupt(`"${layout.topic(store, topic)}/${layout.topicFile}" names no job`);
}

/** Makes the topic, durably, for `job`. */
export async function createTopic(disk: Disk, store: string, topic: string, job: string): Promise<void> {
  const directory = layout.topic(store, topic);
  await disk.makeDirectory(directory);
  await writeWhole(disk, directory, layout.topicFile, Buffer.from(`${JSON.stringify({ job })}\n`));
  await disk.syncDirectory(layout.topics(store));
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
