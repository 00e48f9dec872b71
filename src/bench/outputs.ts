import { createHash } from 'node:crypto';
import { readDeadLetter } from '../base/dead-letter.ts';
import { run } from '../pipeline/run.ts';
import { AT_START, type Source, type SourceSpec } from '../source/contract.ts';
import type { PipelineJob } from './pipeline-job.ts';
import type { SampleChunk } from './protocol.ts';
import type { OutputsReport } from './report.ts';
import type { Sample } from './sample.ts';
import type { Subject } from './subject.ts';

type Job = Pick<PipelineJob, 'calling' | 'inputs' | 'reading'>;

/** What is asked for, and how long the first handler may take; the others have several times as long. */
export interface OutputsOptions {
  readonly job: Job;
  readonly msMax: number;
  readonly interrupted: AbortSignal;
}

const SLOWER_MAX = 10;

/**
 * What comes out of each handler for the events of the sample, as a digest: of as many of them as the first one has handled in the
 * time there is. One that is much slower than that has none.
 */
export async function digestAllOutputs(
  subjects: readonly Subject[],
  sample: Sample,
  { job, msMax, interrupted }: OutputsOptions,
): Promise<Map<Subject, OutputsReport>> {
  const all = new Map<Subject, OutputsReport>();
  let events = sample.shared.lines;
  for (const [at, subject] of subjects.entries()) {
    const ms = at === 0 ? msMax : msMax * SLOWER_MAX;
    let done = await within(ms, signal => digestOutputs(subject, sample, events, job, signal));
    if (at === 0 && done.isCut && !interrupted.aborted && done.report.read > 0) {
      // Once more, with an end where it was cut: some handlers have something to do at the end.
      events = done.report.read;
      done = await digestOutputs(subject, sample, events, job, interrupted);
    }
    if (interrupted.aborted) break;
    if (!done.isCut) all.set(subject, done.report);
  }
  return all;

  async function within<T>(ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), ms);
    try {
      return await task(AbortSignal.any([interrupted, ended.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether the same came out; undefined where that is not known, since they were not given the same events. */
export function areSameOutputs(
  one: OutputsReport | undefined,
  other: OutputsReport | undefined,
): boolean | undefined {
  if (one === undefined || other === undefined || one.read !== other.read) return undefined;
  return one.digest === other.digest;
}

async function digestOutputs(
  { path }: Subject,
  sample: Sample,
  events: number,
  { calling, inputs, reading }: Job,
  interrupted: AbortSignal,
): Promise<{ readonly report: OutputsReport; readonly isCut: boolean }> {
  const hashes = new Map<string, ReturnType<typeof createHash>>();
  let bytes = 0;
  const add = (topic: string, some: Uint8Array): void => {
    if (!hashes.has(topic)) hashes.set(topic, createHash('sha256'));
    hashes.get(topic)!.update(some);
    bytes += some.length;
  };
  const to = {
    kind: 'caller',
    onTopics: () => undefined,
    onEvents: (some: Uint8Array, topic: string | undefined) =>
      add(topic === undefined ? '' : `topic ${topic}`, some),
    onDead: (letter: string) => add('dead', Buffer.from(whatFailed(letter))),
  } as const;
  const options = {
    ...calling,
    // What comes out does not depend on how fast it may.
    overrides: { ...calling.overrides, rate: undefined },
    // Outputs are the same with any number.
    workers: { min: 1, max: 1 },
    watch: false,
    handler: path,
    inputs,
    sources: [sampleSource(sample, events)],
    reading,
    onError: 'dead-letter',
    to,
  } as const;
  const { account, interrupted: isCut } = await run(options, { interrupted });
  const all = [...hashes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([topic, hash]) => `${topic} ${hash.digest('hex')}`);
  const report = {
    digest: createHash('sha256').update(all.join('\n')).digest('hex'),
    read: account.read,
    events: account.written + account.emitted,
    bytes,
    dead: account.dead,
  };
  return { report, isCut };
}

/** Of a dead letter, what is the same if the same goes wrong in another version of a handler, or in another file. */
function whatFailed(letter: string): string {
  const { source, line, offset, reason, error } = readDeadLetter(letter)!;
  return JSON.stringify([source, line, offset, reason, error.name, error.message]);
}

/** The first `events` events of the sample, once. */
function sampleSource({ parts, shared }: Sample, events: number): SourceSpec {
  const taken = firstOf(parts, shared.chunks, events);
  return {
    name: shared.source,
    id: undefined,
    live: false,
    check: () => Promise.resolve(taken.reduce((sum, { length }) => sum + length, 0)),
    open: () => Promise.resolve(new SampleSource(taken)),
  };
}

function firstOf(
  parts: readonly Uint8Array[],
  chunks: readonly SampleChunk[],
  events: number,
): readonly Uint8Array[] {
  const taken: Uint8Array[] = [];
  let left = events;
  for (const [at, { from, lines, nextStarts }] of chunks.entries()) {
    if (left <= 0) break;
    const end = left < lines ? new Int32Array(nextStarts)[left - 1]! - from : undefined;
    taken.push(parts[at]!.subarray(0, end));
    left -= lines;
  }
  return taken;
}

class SampleSource implements Source {
  readonly start = AT_START;
  readonly #parts: readonly Uint8Array[];
  #part = 0;
  #at = 0;

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
  }

  readable(): undefined {
    return undefined;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    const part = this.#parts[this.#part];
    if (part === undefined) return 'end';
    const length = Math.min(into.length, part.length - this.#at);
    into.set(part.subarray(this.#at, this.#at + length));
    this.#at += length;
    if (this.#at === part.length) {
      this.#part++;
      this.#at = 0;
    }
    return length;
  }

  positions(): Promise<never> {
    throw new Error('what is read once has no positions');
  }

  async close(): Promise<void> {}
}
