import type { SourceSpec } from '../source/contract.ts';
import { aloneReport } from './alone-report.ts';
import { compareWithBaseline } from './baseline.ts';
import { compare } from './compare.ts';
import type { Measured } from './measured.ts';
import type { BenchOptions } from './options.ts';
import { areSameOutputs } from './outputs.ts';
import { pipelineReports } from './pipeline-runs.ts';
import {
  type BenchReport,
  type Comparison,
  type HandlerReport,
  type Machine,
  REPORT_VERSION,
} from './report.ts';
import type { Sample } from './sample.ts';
import type { Subject } from './subject.ts';

/** Puts together what was found out. */

export interface Findings extends Measured {
  readonly specs: readonly SourceSpec[];
  readonly sample: Sample;
  readonly subjects: readonly Subject[];
  readonly options: BenchOptions;
  readonly machine: Machine;
  /** Whether the logs that were written were memory. */
  readonly isLogMemory: boolean;
  readonly seconds: number;
  readonly interrupted: boolean;
}

export function writeReport(findings: Findings): BenchReport {
  const { specs, sample, subjects, alone, options, machine, seconds, interrupted } = findings;
  const handlers = subjects.map(subject => handlerReport(subject, findings));
  const report: Omit<BenchReport, 'notes'> = {
    version: REPORT_VERSION,
    millrace: options.millrace,
    time: new Date().toISOString(),
    seconds,
    seed: options.seed,
    interrupted,
    machine,
    input: {
      names: specs.map(({ name }) => name),
      bytes: sample.bytes,
      events: sample.events,
      isPart: sample.isPart,
      // All handlers are given the same ones.
      measured: alone[0]?.measured,
      digest: sample.digest,
    },
    handlers,
    comparisons: [...comparisonsOf(findings), ...savedComparisons(handlers, findings)],
  };
  return { ...report, notes: notesOf(report, findings) };
}

function handlerReport(subject: Subject, findings: Findings): HandlerReport {
  const { alone, outputs, pipeline, atLoad, profiles, options } = findings;
  const figures = alone.find(some => some.subject === subject);
  return {
    name: subject.name,
    isBaseline: subject.isBaseline,
    key: figures?.key,
    alone: figures && aloneReport(figures),
    outputs: outputs.get(subject),
    pipeline: pipelineReports(pipeline.get(subject) ?? new Map(), options.log),
    atLoad: atLoad.get(subject),
    profile: profiles.get(subject)?.profile,
    heap: profiles.get(subject)?.heap,
  };
}

function comparisonsOf({ alone, outputs, options }: Findings): Comparison[] {
  const baseline = alone.find(({ subject }) => subject.isBaseline);
  if (baseline === undefined || baseline.launches.length === 0) return [];
  return alone
    .filter(figures => figures !== baseline)
    .map(figures => {
      const sameOutputs = areSameOutputs(outputs.get(figures.subject), outputs.get(baseline.subject));
      return { ...compare(figures, baseline, options.seed), sameOutputs };
    });
}

function savedComparisons(
  handlers: readonly HandlerReport[],
  { options: { against, seed }, machine }: Findings,
): Comparison[] {
  if (against?.kind !== 'baseline') return [];
  return handlers
    .map(handler => compareWithBaseline(handler, against.baseline, machine, seed))
    .filter(comparison => comparison !== undefined);
}

/** Others on the machine are told of from this share of its cores on. */
const OTHERS_MIN = 0.1;

function notesOf(
  { machine, handlers, input, interrupted }: Omit<BenchReport, 'notes'>,
  { options, sample, isLogMemory }: Findings,
): string[] {
  const notes: string[] = [];
  const { othersShare } = machine;
  if (othersShare !== undefined && othersShare >= OTHERS_MIN) {
    notes.push(
      `other processes had ${Math.round(othersShare * 100)} % of the cores meanwhile: what is told of handlers alone is their own time, but figures of the pipeline, and single events, are worse than on a quiet machine`,
    );
  }
  if (isLogMemory && ((options.pipeline && options.log) || options.perSecond !== undefined)) {
    notes.push(
      'the log was in memory, where it costs nothing to make it durable: name a store on a disk with --store, or another directory with TMPDIR',
    );
  }
  if (input.isPart) notes.push('handlers alone were given only the first part of the input: see --sample');
  const compared = Math.min(...handlers.map(({ outputs }) => outputs?.read ?? Number.POSITIVE_INFINITY));
  if (compared < sample.shared.lines) {
    notes.push(
      `outputs are compared for the first ${compared.toLocaleString('en-US')} events: all of them would take too long`,
    );
  }
  for (const { name, alone, pipeline } of handlers) {
    const missing = options.workers.filter(count => !pipeline.some(({ workers }) => workers === count));
    if (options.pipeline && !interrupted && missing.length > 0) {
      notes.push(
        `nothing of ${name} came through the pipeline in the time given (workers: ${missing.join(', ')}); give it more: --time 1m`,
      );
    }
    if (alone === undefined) continue;
    if (alone.deadShare > 0) {
      notes.push(`${(alone.deadShare * 100).toFixed(1)} % of the events become dead letters in ${name}`);
    }
    if (!alone.warmUp.steady) notes.push(`${name} was not steady when its warm-up ended`);
  }
  return notes;
}
