import { writeFile } from 'node:fs/promises';
import type { HeapProfiler, Profiler } from 'node:inspector';
import { basename, extname, join } from 'node:path';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { threadOptions } from './alone.ts';
import { BenchThread } from './bench-thread.ts';
import { CourseWalk, PIECES_MAX, piecesFor } from './course.ts';
import { readCpuProfile } from './cpu-profile.ts';
import { readHeapProfile } from './heap-profile.ts';
import { BATCH_MS_MIN } from './pace.ts';
import type { ProfileKind } from './protocol.ts';
import type { CpuReport, HeapReport } from './report.ts';
import type { Sample } from './sample.ts';
import { SourcePlaces } from './source-places.ts';
import type { Calling, Subject } from './subject.ts';

/** Where the time goes, and the memory: a handler in a thread of its own again, with a profiler beside it. */

export interface ProfilePlan {
  readonly warmMsMin: number;
  readonly warmMsMax: number;
  readonly profileMs: number;
}

export interface ProfileOptions {
  readonly sample: Sample;
  readonly calling: Calling;
  readonly plan: ProfilePlan;
  /** Where the profile is to be written; undefined where it is only looked at. */
  readonly directory: string | undefined;
  /** Tells the files of several handlers apart. */
  readonly number: number | undefined;
  /** Where in the sample it begins, as a share of it. */
  readonly place: number;
}

export async function profileCpu(subject: Subject, options: ProfileOptions): Promise<CpuReport> {
  const json = await takeProfile(subject, 'cpu', options);
  const places = new SourcePlaces(subject.handler.url);
  const { mapped, report } = readCpuProfile(JSON.parse(json) as Profiler.Profile, places);
  return { file: await write(subject, '.cpuprofile', mapped, options), ...report };
}

export async function profileHeap(subject: Subject, options: ProfileOptions): Promise<HeapReport> {
  const json = await takeProfile(subject, 'heap', options);
  const places = new SourcePlaces(subject.handler.url);
  const { mapped, report } = readHeapProfile(JSON.parse(json) as HeapProfiler.SamplingHeapProfile, places);
  return { file: await write(subject, '.heapprofile', mapped, options), ...report };
}

/** In how many pieces its events lie in the sample. */
const PROFILE_PIECES_MAX = 256;

async function takeProfile(
  subject: Subject,
  what: ProfileKind,
  { sample, calling, plan, place }: ProfileOptions,
): Promise<string> {
  const thread = await BenchThread.start(threadOptions(subject, 1, sample, calling));
  try {
    const { warmMsMin: msMin, warmMsMax: msMax } = plan;
    // With a key it may keep a state, and see by that where events were left out.
    const course = { place, isGapless: thread.traits.key !== undefined };
    const ask = { msMin, msMax, batchMsMin: BATCH_MS_MIN, course, pieces: PIECES_MAX };
    const { nsPerEvent, lines: handled } = await thread.ask('warm', ask);
    const works = new CourseWalk(course, sample.shared.lines);
    works.skip(handled);
    const lines = Math.max(1, Math.round((plan.profileMs * 1e6) / nsPerEvent));
    const work = works.next(lines, piecesFor(plan.profileMs, PROFILE_PIECES_MAX));
    return (await thread.ask('profile', { what, ...work })).json;
  } finally {
    await thread.close();
  }
}

async function write(
  { path }: Subject,
  ending: string,
  profile: unknown,
  { directory, number }: ProfileOptions,
): Promise<string | undefined> {
  if (directory === undefined) return undefined;
  const name = basename(path, extname(path));
  const file = join(directory, `${name}${number === undefined ? '' : `-${number}`}${ending}`);
  try {
    await writeFile(file, JSON.stringify(profile));
  } catch (error) {
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${file}": ${reasonOf(error)}`, {
      hint: 'name a directory that is there and can be written: --profile-dir DIR',
      cause: error,
    });
  }
  return file;
}
