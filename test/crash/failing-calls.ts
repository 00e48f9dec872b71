import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { MillraceError } from '../../src/base/errors.ts';
import { listTopics, TopicReader } from '../../src/store/topic-reader.ts';
import { verifyTopic } from '../support/verify-topic.ts';
import { barestCrash } from '../support/crash-states.ts';
import { CALL_KINDS, type CallKind, type Failure, FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { type Life, promisedIn } from '../support/store-life.ts';
import { buryOwners, emptyDisk, readState, readTopic, STORE, TOPICS } from '../support/store-scenario.ts';
import type { Crash } from './power-failures.ts';

/**
 * Every call of every kind fails in its turn, once or from then on for good: while a job lives, while it recovers from a
 * power failure, and while somebody reads. Whoever fails says so, with an error of the store; nothing that was promised is
 * lost; and where the trouble is over, the job goes on to the end that it would have come to.
 */

export type Mode = Pick<Failure, 'code' | 'forGood'>;

/** How calls of a kind can fail. */
export function modesOf(kind: CallKind): readonly Mode[] {
  const codes = ['EIO', 'ENOSPC', 'EMFILE'] as const;
  const modes: Mode[] = codes.flatMap(code => [false, true].map(forGood => ({ code, forGood })));
  return kind === 'write' ? [...modes, { code: 'short', forGood: false }] : modes;
}

/** What came of one attempt with a failure. */
export interface Attempt {
  /** How often a call has failed; never, where there are not so many calls of the kind. */
  readonly failed: number;
  /** Where in the store it was that a call has failed. */
  readonly failedAt: ReadonlySet<string>;
}

/** Calls `attempt` with a failure at the first call of this kind, at the second, and so on until none is left to fail. */
export async function failEach(
  kind: CallKind,
  modes: readonly Mode[],
  attempt: (failure: Failure) => Promise<Attempt>,
  sites = new Set<string>(),
): Promise<number> {
  let attempts = 0;
  for (const mode of modes) {
    for (let call = 1; ; call++) {
      const { failed, failedAt } = await attempt({ kind, call, ...mode });
      if (failed === 0) break;
      attempts++;
      for (const site of failedAt) sites.add(site);
    }
  }
  return attempts;
}

/** Lives a life in which calls fail. */
export async function failInLife(life: Life, failure: Failure): Promise<Attempt> {
  const disk = new FaultyDisk(emptyDisk(), new Random(3));
  disk.failure = failure;
  const error = await caught(life.live(disk));
  if (error === undefined) assert.equal(promisedIn(disk.trace), life.states.length - 1);
  await checkAfter(life, disk, error, promisedIn(disk.trace));
  return disk;
}

/** Recovers from a power failure, and calls fail meanwhile. `start` is not changed. */
export async function failInRecovery(life: Life, start: Crash, failure: Failure): Promise<Attempt> {
  const disk = new FaultyDisk(barestCrash(start.model), new Random(3));
  buryOwners(disk.model);
  disk.failure = failure;
  const error = await caught(life.open(disk).then(log => log.close()));
  await checkAfter(life, disk, error, start.before);
  return disk;
}

/**
 * The process is gone, and the page cache with it: what is not durable is lost. Or the page cache stays; but what a failed sync has
 * left there never reaches the disk.
 */
async function checkAfter(life: Life, disk: FaultyDisk, error: unknown, promised: number): Promise<void> {
  if (error !== undefined) checkStoreError(error);
  assert.equal(disk.openFiles, 0, 'files left open');
  disk.failure = undefined;
  buryOwners(disk.model);
  await life.checkRecovery(barestCrash(disk.model), promised);
  const log = await life.open(disk);
  const index = life.indexOf(await readState(disk, log), promised);
  await life.checkRecovery(barestCrash(disk.model), index);
  const end = await life.goOn(log, index);
  await log.close();
  await life.checkRecovery(barestCrash(disk.model), end);
}

/** Reads what a life has left, with its indexes or without, and calls fail meanwhile. */
export async function failInReading(life: Life, disk: FaultyDisk, failure: Failure): Promise<Attempt> {
  const { contents } = life.states.at(-1)!;
  const read = async (): Promise<string> => {
    assert.deepEqual(await listTopics(disk, STORE), TOPICS);
    await assert.rejects(TopicReader.open(disk, STORE, 'none'), isNotFound);
    const reader = await TopicReader.open(disk, STORE, 'out');
    await reader.refresh();
    await verifyTopic(disk, STORE, 'out');
    return readTopic(disk, 'out');
  };
  disk.calls.clear();
  const failedBefore = disk.failed;
  disk.failure = failure;
  const outcome = await read().catch((error: unknown) => error);
  if (typeof outcome === 'string') assert.equal(outcome, contents['out']);
  else checkStoreError(outcome);
  disk.failure = undefined;
  assert.equal(await read(), contents['out']);
  assert.equal(disk.openFiles, 0, 'files left open');
  return { failed: disk.failed - failedBefore, failedAt: disk.failedAt };
}

/** A failure is let through, to be judged by whoever has caused it. */
function isNotFound(error: unknown): boolean {
  if (error instanceof MillraceError && error.code === 'MILLRACE_TOPIC_NOT_FOUND') return true;
  throw error;
}

/** Opens a job that another process is writing, and calls fail meanwhile. */
export async function failAtLock(life: Life, failure: Failure): Promise<Attempt> {
  const disk = new FaultyDisk(emptyDisk());
  const owner = await life.open(disk);
  disk.calls.clear();
  disk.failure = failure;
  const error = await caught(life.open(disk));
  if (!(error instanceof MillraceError && error.code === 'MILLRACE_STORE_LOCKED')) checkStoreError(error);
  disk.failure = undefined;
  await owner.close();
  // A process that could not take its file away has ended since.
  buryOwners(disk.model);
  await (await life.open(disk)).close();
  return disk;
}

async function caught(doing: Promise<unknown>): Promise<unknown> {
  return doing.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function checkStoreError(error: unknown): void {
  if (!(error instanceof MillraceError)) throw error;
  assert.equal(error.exit, 4, error.message);
}

/** A call of a disk or of a file; logs, topics, readers and journals have calls of the same names. */
const CALL = new RegExp(`\\b(disk|[cC]opy|file|[dD]isk|!)\\)?\\.(${CALL_KINDS.join('|')})\\(`);

/** The places in the source files of `directory` at which a call is made, and none was that has failed (`sites`). */
export function untriedCalls(
  directory: URL,
  sites: ReadonlySet<string>,
  isLeftOut: (name: string, line: string) => boolean,
): string[] {
  const untried: string[] = [];
  for (const name of readdirSync(directory)) {
    for (const [index, line] of readFileSync(new URL(name, directory), 'utf8').split('\n').entries()) {
      // What is closed on the way out of another failure may fail as it likes.
      const matters = CALL.test(line) && !/^\s*(\*|\/\/)|catch\(\(\) => undefined\)/.test(line);
      if (!matters || isLeftOut(name, line) || sites.has(`${name}:${index + 1}`)) continue;
      untried.push(`${name}:${index + 1} ${line.trim()}`);
    }
  }
  return untried;
}
