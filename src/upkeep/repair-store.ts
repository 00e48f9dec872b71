import { type Disk, readWhole, writeWhole } from '../store/disk.ts';
import { diskError } from '../store/failure.ts';
import { FORMAT_VERSION, layout } from '../store/layout.ts';
import { quarantineCopy } from '../store/quarantine.ts';
import type { Cut } from '../store/recovery.ts';
import { applyPlan, quarantineTopic } from './apply-repair.ts';
import type { Finding } from './finding.ts';
import { mapStore, type StoreMap } from './find-topics.ts';
import { holdJob } from './hold-job.ts';
import { type JobPlan, planJob, type RepairChoices, unclaimed } from './plan-repair.ts';
import { scanJournal } from './scan-journal.ts';
import { checkNamed, storeFindings } from './verify-store.ts';

/** Repairing a store: first a plan, which changes nothing, and then, where that is wanted, what it says. */

export interface RepairPlan {
  /** What is wrong with store.json. */
  readonly store: readonly Finding[];
  /** Topics that no job knows: their files go to the quarantine. */
  readonly unclaimed: readonly string[];
  /** Of the jobs in which something is to be done. */
  readonly jobs: readonly JobPlan[];
}

/** What a repair of the store would do, or of the jobs that write the topics that are named. */
export async function planRepair(
  disk: Disk,
  store: string,
  names: readonly string[],
  choices: RepairChoices,
): Promise<RepairPlan> {
  try {
    const findings = await storeFindings(disk, store);
    const map = await mapStore(disk, store);
    checkNamed(store, names, map);
    const plans: JobPlan[] = [];
    for (const job of jobsOf(map, names)) {
      const plan = await settledPlan(disk, store, map, job, choices);
      if (plan.isNeeded) plans.push(plan);
    }
    const lone = unclaimed(map).filter(topic => names.length === 0 || names.includes(topic));
    return { store: findings, unclaimed: lone, jobs: plans };
  } catch (error) {
    throw diskError('MILLRACE_STORE_READ', `the store "${store}"`, error);
  }
}

/** How often a job is looked at again that was writing meanwhile. */
const TRIES = 8;

/** A plan for a job that may be running: what it changes under our feet is no damage. */
async function settledPlan(
  disk: Disk,
  store: string,
  map: StoreMap,
  job: string,
  choices: RepairChoices,
): Promise<JobPlan> {
  for (let attempt = 1; ; attempt++) {
    const plan = await planJob(disk, store, map, job, choices);
    if (!plan.isNeeded || attempt === TRIES) return plan;
    const { records } = await scanJournal(disk, store, job);
    if (records.at(-1)?.record.seq === plan.scan.journal.records.at(-1)?.record.seq) return plan;
  }
}

function jobsOf({ jobs, topics }: StoreMap, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [...new Set([...jobs, ...topics.flatMap(({ job }) => job ?? [])])].sort();
  return [...new Set(topics.filter(({ topic }) => names.includes(topic)).flatMap(({ job }) => job ?? []))];
}

/** Does what `plan` says; each job is planned again when its lock is held. Gives what recovery has cut off besides. */
export async function applyRepair(
  disk: Disk,
  store: string,
  plan: RepairPlan,
  choices: RepairChoices,
): Promise<readonly Cut[]> {
  try {
    if (plan.store.length > 0) await writeStoreFile(disk, store);
    for (const topic of plan.unclaimed) await quarantineTopic(disk, store, topic);
    const cuts: Cut[] = [];
    for (const { job } of plan.jobs) cuts.push(...(await repairJob(disk, store, job, choices)));
    return cuts;
  } catch (error) {
    throw diskError('MILLRACE_STORE_WRITE', `the store "${store}"`, error);
  }
}

function repairJob(disk: Disk, store: string, job: string, choices: RepairChoices): Promise<readonly Cut[]> {
  return holdJob(disk, store, job, async () => {
    const plan = await planJob(disk, store, await mapStore(disk, store), job, choices);
    return plan.isNeeded ? applyPlan(disk, store, plan) : [];
  });
}

async function writeStoreFile(disk: Disk, store: string): Promise<void> {
  const path = `${store}/${layout.storeFile}`;
  if ((await readWhole(disk, path)) !== undefined) await quarantineCopy(disk, store, layout.storeFile, path);
  const line = Buffer.from(`${JSON.stringify({ version: FORMAT_VERSION })}\n`);
  await writeWhole(disk, store, layout.storeFile, line);
}
