import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MillraceError } from '../base/errors.ts';
import { COMMIT_INTERVAL_MS, SEGMENT_BYTES } from '../base/limits.ts';
import { run } from '../pipeline/run.ts';
import type { RunOptions, RunView } from '../pipeline/run-options.ts';
import type { TimedStage } from '../pipeline/stopwatch.ts';
import type { SourceSpec } from '../source/contract.ts';
import { resolveInputs } from '../source/table.ts';
import { realDisk } from '../store/disk.ts';
import { KEEP_ALL } from '../store/housekeeper.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { loopedSource } from './looped-source.ts';
import { OpenLoop } from './open-loop-source.ts';
import type { AtLoad, PipelineAnswer, PipelineJob, PlaceTimes, Throughput, Turn } from './pipeline-job.ts';
import { peakBytesOf } from './process-times.ts';
import { percentilesOf } from './quantiles.ts';
import { readSample } from './sample.ts';
import { timedDisk } from './timed-disk.ts';

/**
 * A process that runs one pipeline and measures it, from the outside but for the few places where the run tells how long
 * it took: so that its memory and its main thread are its own, as they would be in `millrace run`.
 */

process.once('message', (job: PipelineJob) => {
  const answering = job.perSecond === undefined ? throughput(job) : atLoad(job, job.perSecond);
  answering
    .catch(failed)
    // Who has asked ends the process then: what the pipeline is still at may take long.
    .then(answer => process.send!(answer, () => process.disconnect()))
    .catch(() => undefined);
});

function failed(error: unknown): PipelineAnswer {
  const { message } = error as Error;
  if (error instanceof MillraceError) return { kind: 'failed', code: error.code, message, hint: error.hint };
  return { kind: 'failed', code: undefined, message: (error as Error).stack ?? message, hint: undefined };
}

async function throughput(job: PipelineJob): Promise<Throughput> {
  const places = { read: 0, scatter: 0, wait: 0, gather: 0, write: 0, fsync: 0 };
  const specs = await specsOf(job);
  const clock = { isOn: true };
  const source = loopedSource(specs, clock, ms => (places.read += ms));
  const meter = new Meter(job, places, clock);
  const stopwatch = Object.assign(clock, {
    disk: timedDisk(clock, (stage, ms) => (places[stage] += ms)),
    spent: (stage: TimedStage, ms: number) => (places[stage] += ms),
  });
  const enough = new Promise<void>((resolve, reject) => {
    const hooks = { interrupted: new AbortController().signal, stopwatch };
    const running = run(runOptions(job, source), { ...hooks, onStart: view => meter.begin(view, resolve) });
    running.then(() => resolve(), reject);
  });
  await enough.finally(() => meter.end());
  return meter.figures();
}

const LOOK_MS = 50;
/** Looks at which something more had come out, below which the time is made longer, up to so many times. */
const CHANGES_MIN = 6;
const PATIENCE = 8;
/** For so long something may come out for the first time: threads are started meanwhile, on a machine that may be busy. */
const NOTHING_MS = 20_000;
/** Each look wakes the main thread: more of them cost what is to be measured. */
const LOOP_RESOLUTION_MS = 20;

/** Looks at a run now and then: waits until it is warm, and then for as long as it is to be measured. */
class Meter {
  readonly #job: PipelineJob;
  readonly #told: Omit<PlaceTimes, 'lanes' | 'main'>;
  readonly #delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #progress: { ms: number; events: number }[] = [];
  readonly #clock: { isOn: boolean };
  readonly #turns: Turn[] = [];
  #turnFrom: Seen | undefined;
  #turnMs = 0;
  #view!: RunView;
  #timer: NodeJS.Timeout | undefined;
  #from: Seen | undefined;
  #to: Seen | undefined;

  constructor(job: PipelineJob, told: Omit<PlaceTimes, 'lanes' | 'main'>, clock: { isOn: boolean }) {
    this.#job = job;
    this.#told = told;
    this.#clock = clock;
  }

  /** From one chunk that has come out to another: what lies between two looks is not counted twice, or left out. */
  begin(view: RunView, onEnd: () => void): void {
    this.#view = view;
    const { warmMs, measureMs } = this.#job;
    let before = this.#see();
    const beganMs = before.ms;
    let firstMs: number | undefined;
    this.#timer = setInterval(() => {
      const seen = this.#see();
      if (seen.events > before.events) {
        // Until something comes out, threads are being started.
        firstMs ??= seen.ms;
        if (seen.ms - firstMs >= warmMs) this.#count(seen);
        before = seen;
      }
      const longestMs = measureMs * PATIENCE;
      const sinceMs = seen.ms - (this.#from?.ms ?? Number.POSITIVE_INFINITY);
      const isEnough = sinceMs >= measureMs && (this.#progress.length > CHANGES_MIN || sinceMs >= longestMs);
      // Of a handler that takes very long nothing may come out at all.
      const isNothing = this.#from === undefined && seen.ms - beganMs >= Math.max(NOTHING_MS, longestMs);
      if (!isEnough && !isNothing) return;
      this.end();
      onEnd();
    }, LOOK_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #count(seen: Seen): void {
    if (this.#from === undefined) this.#delay.enable();
    this.#from ??= seen;
    this.#to = seen;
    if (this.#job.turnMs !== undefined) this.#takeTurns(seen, this.#job.turnMs);
    this.#progress.push({ ms: seen.ms - this.#from.ms, events: seen.events - this.#from.events });
  }

  /** Ends a turn that was long enough; in the next one times are taken where they were not. */
  #takeTurns(seen: Seen, turnMs: number): void {
    const from = (this.#turnFrom ??= seen);
    if (seen.ms - from.ms < this.#turnMs) return;
    // Not in step with commits, which come at even times.
    this.#turnMs = turnMs * (0.5 + Math.random());
    this.#turns.push({ isTimed: this.#clock.isOn, ...between(from, seen) });
    this.#turnFrom = seen;
    this.#clock.isOn = !this.#clock.isOn;
    if (this.#clock.isOn) this.#delay.enable();
    else this.#delay.disable();
  }

  #see(): Seen {
    const { account, lanes } = this.#view;
    const { user, system } = process.cpuUsage();
    const { active: main } = performance.eventLoopUtilization();
    return {
      ms: performance.now(),
      events: account.read,
      bytes: account.bytesRead,
      cpuUs: user + system,
      places: { ...this.#told, lanes: lanes.reduce((sum, { busyMs }) => sum + busyMs, 0), main },
    };
  }

  figures(): Throughput {
    const [from, to] = [this.#from, this.#to];
    if (from === undefined || to === undefined || to.ms === from.ms) {
      throw new MillraceError('MILLRACE_NO_INPUT', 'nothing came through the pipeline in the time given', {
        hint: 'give it more time: --time 10s',
      });
    }
    const places = Object.fromEntries(
      Object.entries(to.places).map(([place, ms]) => [place, ms - from.places[place as keyof PlaceTimes]]),
    ) as unknown as PlaceTimes;
    return {
      kind: 'throughput',
      ...between(from, to),
      bytes: to.bytes - from.bytes,
      places,
      peakBytes: peakBytesOf('self') ?? process.resourceUsage().maxRSS * 1024,
      loopDelayMs: {
        p50: delayMs(this.#delay.percentile(50)),
        p99: delayMs(this.#delay.percentile(99)),
        max: delayMs(this.#delay.max),
      },
      progress: this.#progress,
      turns: this.#turns,
    };
  }
}

function between(from: Seen, to: Seen): Pick<Throughput, 'seconds' | 'events' | 'cpuSeconds'> {
  return {
    seconds: (to.ms - from.ms) / 1000,
    events: to.events - from.events,
    cpuSeconds: (to.cpuUs - from.cpuUs) / 1e6,
  };
}

/** What the monitor tells is the time from one look to the next. */
function delayMs(ns: number): number {
  return Math.max(0, ns / 1e6 - LOOP_RESOLUTION_MS);
}

interface Seen {
  readonly ms: number;
  readonly events: number;
  readonly bytes: number;
  readonly cpuUs: number;
  readonly places: PlaceTimes;
}

const LOAD_SAMPLE_BYTES = 8 * 1024 * 1024;
const BINS = 36;

async function atLoad(job: PipelineJob, perSecond: number): Promise<AtLoad> {
  const { lineBytesMax } = job.calling;
  const sample = await readSample({
    specs: await specsOf(job),
    bytesMax: LOAD_SAMPLE_BYTES,
    lineBytesMax,
    threads: 0,
  });
  const lines = Buffer.concat(sample.parts);
  const seconds = job.measureMs / 1000;
  const load = new OpenLoop({ lines, perSecond, seconds, warmSeconds: job.warmMs / 1000 });
  const ended = new AbortController();
  // It ends by itself, unless the pipeline falls far behind.
  const timer = setTimeout(() => ended.abort(), job.warmMs + job.measureMs + 1000);
  await run(runOptions(job, load.spec), { interrupted: ended.signal }).finally(() => clearTimeout(timer));
  const { latencyMs, ...figures } = load.figures();
  const told = percentilesOf(latencyMs.count, share => latencyMs.quantile(share));
  return {
    kind: 'at-load',
    ...figures,
    latencyMs: { ...told, max: latencyMs.max },
    bins: latencyMs.bins(BINS),
  };
}

async function specsOf({ inputs, reading }: PipelineJob): Promise<readonly SourceSpec[]> {
  const { specs } = await resolveInputs(inputs, reading, {
    tell: () => undefined,
    openTopic: (name, store = reading.store) => TopicReader.open(realDisk, store, name),
  });
  return specs;
}

function runOptions(
  { handler, calling, inputs, reading, workers, store }: PipelineJob,
  source: SourceSpec,
): RunOptions {
  return {
    ...calling,
    handler,
    inputs,
    sources: [source],
    reading,
    workers: { min: workers, max: workers },
    watch: false,
    onError: 'dead-letter',
    to:
      store === undefined
        ? { kind: 'caller', onTopics: () => undefined, onEvents: () => undefined, onDead: () => undefined }
        : {
            kind: 'log',
            store,
            topic: 'bench',
            job: 'bench',
            fresh: true,
            segmentBytesMax: SEGMENT_BYTES,
            commitIntervalMs: COMMIT_INTERVAL_MS,
            sync: true,
            keeping: KEEP_ALL,
          },
  };
}
