import { MillraceError } from '../base/errors.ts';
import { type InputHost, type InputOptions, resolveInputs } from '../source/table.ts';
import { Inspection, type Questions } from './inspection.ts';
import { LineReading } from './line-reading.ts';
import type { Report } from './report.ts';

/** Reads inputs one after the other, and finds out what they are like. */

export interface InspectHooks extends InputHost {
  /** Aborted when reading is to end; what was read by then is told. */
  readonly interrupted: AbortSignal;
}

/** Rejects with MILLRACE_SOURCE_… where an input cannot be read. */
export async function inspect(
  inputs: readonly string[],
  reading: InputOptions,
  questions: Questions,
  hooks: InspectHooks,
): Promise<Report> {
  const { specs } = await resolveInputs(inputs, { ...reading, follow: false }, hooks);
  const { interrupted } = hooks;
  const live = specs.find(spec => spec.live);
  if (live !== undefined) {
    throw new MillraceError(
      'MILLRACE_USAGE',
      `cannot inspect "${live.name}": what is sent there would be lost`,
      {
        hint: 'run it into a topic, and inspect what "millrace cat" prints of that',
      },
    );
  }
  await Promise.all(specs.map(spec => spec.check()));
  const inspection = new Inspection(questions);
  const lines = new LineReading(interrupted);
  for (const spec of specs) {
    if (interrupted.aborted || inspection.hasEnough) break;
    inspection.beginSource(spec.name);
    const source = await spec.open({});
    try {
      await lines.read(source, inspection);
    } finally {
      await source.close();
    }
  }
  const ended = interrupted.aborted ? 'interrupted' : inspection.hasEnough ? 'at-limit' : 'at-end';
  return inspection.report(ended);
}
