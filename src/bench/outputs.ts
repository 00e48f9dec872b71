import { createHash } from 'node:crypto';
import { run } from '../pipeline/run.ts';
import { AT_START, type Source, type SourceSpec } from '../source/contract.ts';
import type { PipelineJob } from './pipeline-job.ts';
import type { OutputsReport } from './report.ts';
import type { Sample } from './sample.ts';
import type { Subject } from './subject.ts';

/** What comes out of a handler for the events of the sample, through the whole pipeline, as a digest. */
export async function digestOutputs(
  { path }: Subject,
  sample: Sample,
  { calling, inputs, reading }: Pick<PipelineJob, 'calling' | 'inputs' | 'reading'>,
  interrupted: AbortSignal,
): Promise<OutputsReport | undefined> {
  const hashes = new Map<string, ReturnType<typeof createHash>>();
  let bytes = 0;
  const add = (topic: string, some: Uint8Array | string): void => {
    if (!hashes.has(topic)) hashes.set(topic, createHash('sha256'));
    hashes.get(topic)!.update(some);
    bytes += some.length;
  };
  const to = {
    kind: 'caller',
    onTopics: () => undefined,
    onEvents: (some: Uint8Array, topic: string | undefined) =>
      add(topic === undefined ? '' : `topic ${topic}`, some),
    onDead: (letter: string) => add('dead', letter),
  } as const;
  const options = {
    ...calling,
    // Outputs are the same with any number.
    workers: { min: 1, max: 1 },
    watch: false,
    handler: path,
    inputs,
    sources: [sampleSource(sample)],
    reading,
    onError: 'dead-letter',
    to,
  } as const;
  const { account, interrupted: isCut } = await run(options, { interrupted });
  if (isCut) return undefined;
  const all = [...hashes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([topic, hash]) => `${topic} ${hash.digest('hex')}`);
  return {
    digest: createHash('sha256').update(all.join('\n')).digest('hex'),
    events: account.written + account.emitted,
    bytes,
    dead: account.dead,
  };
}

/** The bytes of the sample, once. */
function sampleSource({ parts, shared }: Sample): SourceSpec {
  return {
    name: shared.source,
    id: undefined,
    live: false,
    check: () => Promise.resolve(parts.reduce((sum, { length }) => sum + length, 0)),
    open: () => Promise.resolve(new SampleSource(parts)),
  };
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
