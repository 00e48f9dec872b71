import { MillraceError } from '../base/errors.ts';
import { type Disk, readWhole } from '../store/disk.ts';
import { diskError, noStore, noTopic } from '../store/failure.ts';
import { emptyTopic } from '../store/job-state.ts';
import { layout } from '../store/layout.ts';
import { checkStore } from '../store/store-file.ts';
import { leftToRuns, strayInStore, strayInTopic } from './check-directory.ts';
import { damage, type Finding } from './finding.ts';
import { mapStore, type StoreMap, type TopicEntry } from './find-topics.ts';
import { type JobScan, scanJob } from './scan-job.ts';
import { scanTopic, type TopicScan } from './scan-topic.ts';

/**
 * Reads everything that is committed, and tells all that is not as it was promised: checksums, counts, offsets without a
 * gap, accounts, the journals' chains, indexes against segments, and files that nothing accounts for.
 */

export interface Report {
  readonly kind: 'store' | 'job' | 'topic';
  readonly name: string;
  readonly job?: string;
  readonly sound: boolean;
  /** Of a topic: what of it can be read. */
  readonly events?: number;
  readonly bytes?: number;
  readonly segments?: number;
  readonly findings: readonly Finding[];
}

/** How often a topic is read again that was changed by its job while it was read. */
const TRIES = 8;

/** By any of these a directory is known as a store, whatever became of the others. */
const PARTS: readonly string[] = [layout.storeFile, 'topics', 'jobs'];

/** Reports of the store, of each job, and of each topic, or of those that are named; rejects with MILLRACE_STORE_VERSION. */
export async function* verifyStore(
  disk: Disk,
  store: string,
  names: readonly string[] = [],
): AsyncGenerator<Report, void, void> {
  try {
    yield* reports(disk, store, names);
  } catch (error) {
    throw diskError('MILLRACE_STORE_READ', `the store "${store}"`, error);
  }
}

async function* reports(
  disk: Disk,
  store: string,
  names: readonly string[],
): AsyncGenerator<Report, void, void> {
  const findings = await storeFindings(disk, store);
  const map = await mapStore(disk, store);
  const wanted = map.topics.filter(({ topic }) => names.length === 0 || names.includes(topic));
  checkNamed(store, names, map);
  if (names.length === 0) yield reportOf('store', store, [...findings, ...(await strayInStore(disk, store))]);
  const jobs = names.length > 0 ? [...new Set(wanted.map(({ job }) => job))] : map.jobs;
  for (const job of jobs) {
    if (job === undefined) continue;
    yield reportOf('job', job, (await scanJob(disk, store, job, ownedBy(map, job))).findings);
  }
  for (const entry of wanted) yield await topicReport(disk, store, map, entry);
}

function reportOf(kind: Report['kind'], name: string, findings: readonly Finding[]): Report {
  return { kind, name, sound: findings.every(finding => finding.kind !== 'damage'), findings };
}

/**
 * What is wrong with the store's own file; rejects with MILLRACE_TOPIC_NOT_FOUND where there is nothing of a store: what a
 * misspelt path leads to is not sound.
 */
export async function storeFindings(disk: Disk, store: string): Promise<Finding[]> {
  if (!(await disk.list(store)).some(name => PARTS.includes(name))) throw noStore(store);
  try {
    if (await checkStore(disk, store)) return [];
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    if (error.code === 'MILLRACE_STORE_VERSION' && (await namesVersion(disk, store))) throw error;
    return [damage(`"${layout.storeFile}" is damaged`)];
  }
  const topics = await disk.list(layout.topics(store));
  return topics.length > 0 ? [damage(`"${layout.storeFile}" is missing, but there are topics`)] : [];
}

/** Whether store.json has a number for its version: then it is another version, and not damaged. */
async function namesVersion(disk: Disk, store: string): Promise<boolean> {
  const bytes = await readWhole(disk, `${store}/${layout.storeFile}`);
  const { version } = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as { version?: unknown };
  return typeof version === 'number';
}

/** Throws MILLRACE_TOPIC_NOT_FOUND at a name that no topic has. */
export function checkNamed(store: string, names: readonly string[], { topics }: StoreMap): void {
  const known = topics.map(({ topic }) => topic);
  for (const name of names) {
    if (!known.includes(name)) throw noTopic(store, name, known);
  }
}

/** The topics that a job writes. */
export function ownedBy({ topics }: StoreMap, job: string): string[] {
  return topics.filter(entry => entry.job === job).map(({ topic }) => topic);
}

async function topicReport(disk: Disk, store: string, map: StoreMap, entry: TopicEntry): Promise<Report> {
  const { topic, job, file } = entry;
  const name = `"topics/${topic}/${layout.topicFile}"`;
  if (job === undefined)
    return reportOf('topic', topic, [damage(`${name} is ${file}, and no journal has the topic`)]);
  const { scan, of } = await settledScan(disk, store, map, entry);
  if (of.isDamaged) {
    // What lies beyond what is proven may have been committed.
    const found = [
      damage(`the journal of its job is damaged; this is what is proven of it`),
      ...scan.findings,
    ];
    return { ...reportOf('topic', topic, found), job, ...figuresOf(scan) };
  }
  const last = scan.segments.find(({ place }) => place.row === undefined);
  const unindexed = scan.segments.filter(({ isIndexed }) => !isIndexed).map(({ place }) => place.segment);
  const findings = [
    ...(file === 'sound' ? [] : [damage(`${name} is ${file}`)]),
    ...scan.findings,
    ...(await strayInTopic(disk, store, topic, scan.state)),
    ...leftToRuns(last?.surplusBytes ?? 0, unindexed),
  ];
  return { ...reportOf('topic', topic, findings), job, ...figuresOf(scan) };
}

function figuresOf({ events, bytes, segments }: TopicScan): Pick<Report, 'events' | 'bytes' | 'segments'> {
  return { events, bytes, segments: segments.length };
}

/** Reads a topic; again where its job has changed it meanwhile, and it is not as it was expected. */
export async function settledScan(
  disk: Disk,
  store: string,
  map: StoreMap,
  { topic, job }: TopicEntry,
): Promise<{ readonly scan: TopicScan; readonly of: JobScan }> {
  for (let attempt = 1; ; attempt++) {
    const of = await scanJob(disk, store, job!, ownedBy(map, job!));
    const state = of.state.topics.get(topic) ?? emptyTopic();
    const scan = await scanTopic(disk, store, topic, state, of.packedEnds.get(topic));
    if (scan.findings.every(({ kind }) => kind !== 'damage') || attempt === TRIES) return { scan, of };
    const again = (await scanJob(disk, store, job!, ownedBy(map, job!))).state.topics.get(topic);
    if (JSON.stringify(again?.sealed) === JSON.stringify(state.sealed)) return { scan, of };
  }
}
