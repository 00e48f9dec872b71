import { stateTopicOf, topicOfDead } from '../base/names.ts';
import type { Disk } from '../store/disk.ts';
import {
  type Account,
  emptyTopic,
  havePositions,
  type JobState,
  POSITIONS_LOST,
  STATE_LOST,
} from '../store/job-state.ts';
import type { StoreMap, TopicEntry } from './find-topics.ts';
import { commitsOf, hasLost, type Loss, lossesOf } from './losses.ts';
import { type Proven, proveState } from './prove-state.ts';
import { type JobScan, scanJob } from './scan-job.ts';
import { scanTopic, type TopicScan } from './scan-topic.ts';
import { type Unproven, unprovenOf } from './unproven.ts';
import { ownedBy } from './verify-store.ts';

/**
 * What repairing a job would do, and what it would cost. Nothing is changed here.
 *
 * Unless told otherwise a repair keeps all that can be read: offsets stay, and a lost event leaves an empty line. Going back
 * (`rewind`) gives up everything since the last commit before the damage, with the positions of that commit, so that
 * the next run reads it again.
 */

export interface RepairChoices {
  readonly rewind: boolean;
  /** Goes on from the positions that are known, though some may be older than what was read. */
  readonly keepPositions: boolean;
}

export interface JobPlan {
  readonly job: string;
  readonly scan: JobScan;
  /** What the job is to go on from. */
  readonly state: JobState;
  readonly topics: readonly TopicScan[];
  /** Topics whose topic.json is to be written again. */
  readonly files: readonly TopicEntry[];
  readonly losses: readonly Loss[];
  readonly positions: 'kept' | 'rewound' | 'lost' | 'forgiven';
  /** Whether changes to the state of keys are among what is lost: what is left of it may be older than the positions. */
  readonly isStateLost: boolean;
  /** Whether the job does not go on for that alone, and its positions are known. */
  readonly isOnlyStateLost: boolean;
  /** Where a topic ends, and where it would end after going back, where that is another offset. */
  readonly rewound: readonly { readonly topic: string; readonly from: number; readonly to: number }[];
  /** Whether going back would save anything. */
  readonly canRewind: boolean;
  /** What lies behind what is proven of the topics, where it may have been committed. */
  readonly unproven: readonly Unproven[];
  readonly isNeeded: boolean;
}

export async function planJob(
  disk: Disk,
  store: string,
  map: StoreMap,
  job: string,
  choices: RepairChoices,
): Promise<JobPlan> {
  const owned = ownedBy(map, job);
  const scan = await scanJob(disk, store, job, owned);
  const first = await scanTopics(disk, store, scan, owned);
  const target = rewindTarget(scan, first);
  const isRewound = choices.rewind && target !== undefined;
  const records = isRewound ? scan.journal.records.slice(0, target + 1) : scan.journal.records;
  const proven = isRewound ? await proveState(disk, store, scan.journal, [], target + 1) : scan;
  const topics = isRewound ? await scanTopics(disk, store, proven, owned) : first;
  const files = map.topics.filter(
    entry => entry.job === job && entry.file !== 'sound' && isReal(entry, proven.state),
  );
  const losses = topics.flatMap(({ topic, segments }) =>
    lossesOf(
      topic,
      segments.flatMap(({ lost }) => lost),
      records,
    ),
  );
  const unproven = scan.isDamaged ? await unprovenOf(disk, store, topics) : [];
  // Positions that come after a gap may be those of changes that nothing proves.
  const missing = records.some(({ afterGap }) => afterGap) ? [...losses, ...unproven] : losses;
  const isStateLost = missing.some(({ topic }) => topic === stateTopicOf(job));
  const wasKnown = havePositions(proven.state) && !isStateLost;
  const wouldBe = isRewound && wasKnown ? 'rewound' : positionsOf(proven, wasKnown, choices);
  const positions = isStateLost && !choices.keepPositions ? 'lost' : wouldBe;
  const isChanged = positions === 'forgiven' && !havePositions(scan.state);
  return {
    job,
    scan,
    state: records.length > 0 ? proven.state : { ...proven.state, account: accountOf(job, topics) },
    topics,
    files,
    losses,
    positions,
    isStateLost,
    isOnlyStateLost: isStateLost && (isRewound || proven.positionsProven) && havePositions(proven.state),
    rewound: isRewound ? rewoundTopics(scan.state, proven.state) : [],
    canRewind: target !== undefined,
    unproven,
    isNeeded: scan.isDamaged || files.length > 0 || isChanged || first.some(isDamaged),
  };
}

function isDead(topic: string): boolean {
  return topicOfDead(topic) !== undefined;
}

/** The account of a job of which no record is left: what its topics prove. */
function accountOf(job: string, topics: readonly TopicScan[]): Account {
  const sum = (isOne: (topic: string) => boolean, of: (scan: TopicScan) => number): number =>
    topics.filter(({ topic }) => isOne(topic)).reduce((total, scan) => total + of(scan), 0);
  const isPlain = (topic: string): boolean => !isDead(topic) && topic !== stateTopicOf(job);
  const written = sum(isPlain, ({ state }) => state.end.offset);
  const dead = sum(isDead, ({ state }) => state.end.offset);
  const bytesWritten = sum(isPlain, ({ bytes }) => bytes);
  return {
    read: written + dead,
    blank: 0,
    kept: written,
    dropped: 0,
    dead,
    written,
    bytesRead: 0,
    bytesWritten,
  };
}

function positionsOf(
  { positionsProven }: { readonly positionsProven: boolean },
  isKnown: boolean,
  { keepPositions }: RepairChoices,
): JobPlan['positions'] {
  if (keepPositions) return 'forgiven';
  return positionsProven && isKnown ? 'kept' : 'lost';
}

/** Dead letters and state come to be with the first of them: a topic that was never written to need not be there. */
function isReal({ topic, file }: TopicEntry, { topics }: JobState): boolean {
  return file === 'damaged' || (topics.get(topic)?.end.offset ?? 0) > 0 || topicOfDead(topic) === undefined;
}

export function isDamaged({ findings }: TopicScan): boolean {
  return findings.some(({ kind }) => kind === 'damage');
}

async function scanTopics(
  disk: Disk,
  store: string,
  { state, packedEnds }: Proven,
  owned: readonly string[],
): Promise<TopicScan[]> {
  const scans: TopicScan[] = [];
  for (const topic of owned) {
    const own = state.topics.get(topic) ?? emptyTopic();
    scans.push(await scanTopic(disk, store, topic, own, packedEnds.get(topic)));
  }
  return scans;
}

/**
 * The last record up to which nothing is damaged of what the journal's file has committed; undefined where going back to it
 * would save nothing, because all damage is older, or where the first record itself is lost.
 */
function rewindTarget({ journal }: JobScan, topics: readonly TopicScan[]): number | undefined {
  const { records } = journal;
  if (records.length === 0 || records[0]!.afterGap) return undefined;
  const gap = records.findIndex(({ afterGap }) => afterGap);
  const lostLast = journal.damaged.length > 0 && gap < 0 ? records.length : gap;
  const lost = commitsOf(records).find(commit =>
    topics.some(({ topic, segments }) =>
      hasLost(
        commit,
        topic,
        segments.flatMap(scan => scan.lost),
      ),
    ),
  );
  const first = [lostLast, lost?.index ?? -1].filter(index => index >= 0).sort((a, b) => a - b)[0];
  return first === undefined ? undefined : first - 1;
}

function rewoundTopics(from: JobState, to: JobState): JobPlan['rewound'] {
  return [...from.topics]
    .map(([topic, { end }]) => ({ topic, from: end.offset, to: to.topics.get(topic)?.end.offset ?? 0 }))
    .filter(ends => ends.from !== ends.to);
}

/** The sources of the plan's job as its journal is to have them. */
export function sourcesAfter({ state, positions, isOnlyStateLost }: JobPlan): Record<string, unknown> {
  const { [POSITIONS_LOST]: before, ...sources } = state.sources;
  if (positions !== 'lost') return sources;
  return { ...sources, [POSITIONS_LOST]: before ?? (isOnlyStateLost ? STATE_LOST : true) };
}

/** Where things are that no job has: their files are to go to the quarantine. */
export function unclaimed({ topics }: StoreMap): string[] {
  return topics.filter(({ job }) => job === undefined).map(({ topic }) => topic);
}
