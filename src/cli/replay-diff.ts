import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, MillraceError, reasonOf } from '../base/errors.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import { LINE_BYTES_LIMIT } from '../base/limits.ts';
import type { Counts, Difference } from '../diff/compare-sides.ts';
import { diff } from '../diff/diff.ts';
import { reportLine } from '../diff/report.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { RealAlarm } from '../replay/alarm.ts';
import { fixInput, type FixedInput } from '../replay/fixed-input.ts';
import { findInputs } from '../replay/inputs.ts';
import { Pacer } from '../replay/pacer.ts';
import { type PacedOptions, pacedSources } from '../replay/replayed-source.ts';
import { countsText, differenceText, FieldCounts } from './diff-text.ts';
import { handlingOptions } from './handling-options.ts';
import { defaultReading } from './input-options.ts';
import { ReplayDisplay } from './replay-display.ts';
import { type ReplayFlags, stretchOf, timeFieldOption } from './replay-options.ts';
import { printError } from './report-error.ts';
import { catchSignals } from './signals.ts';
import { writeFigures } from './summary.ts';

/** `millrace replay --diff`: what two handlers make of the same events, or a handler and the events as they are stored. */

/** Events that are shown. */
const SHOWN_MAX = 10;
const STORED = 'the stored events';

export interface Sides {
  /** Undefined for the events as they are stored. */
  readonly old: string | undefined;
  readonly new: string;
}

/** Gives the exit status; rejects with MILLRACE_DIFFERENT where there is a difference. */
export async function diffAndReport(
  names: readonly string[],
  sides: Sides,
  flags: ReplayFlags,
): Promise<number> {
  const startedMs = performance.now();
  const signals = catchSignals();
  const stop = signals.interrupted;
  const speed = Number.POSITIVE_INFINITY;
  const pacer = new Pacer({ speed, gapMsMax: speed, alarm: new RealAlarm(), stopped: stop });
  const display = process.stderr.isTTY === true ? new ReplayDisplay(pacer, true) : undefined;
  const report = await Report.open(flags.report, () => display?.takeAway());
  try {
    const inputs = await inputsNow(names, flags);
    const view = { pacer, onShare: (share: number | undefined) => display?.share(share) };
    const options = {
      old: sides.old === undefined ? undefined : await sideOptions(inputs, sides.old, flags, stop),
      new: await sideOptions(inputs, sides.new, flags, stop, view),
      stored: isStoredChanged(sides, flags) ? await storedOptions(inputs, flags, stop) : undefined,
      exactly: flags.exact ?? false,
    };
    display?.begin(false);
    const fields = new FieldCounts();
    const counts = await diff(options, {
      interrupted: signals.interrupted,
      onDifference: async difference => {
        fields.add(difference);
        await report.add(difference);
      },
    });
    display?.end();
    await report.end(counts, fields, [sides.old ?? STORED, sides.new]);
    const interrupted = signals.interrupted.aborted;
    if (flags.summary !== undefined) {
      const seconds = (performance.now() - startedMs) / 1000;
      await writeFigures(flags.summary, { ...counts, seconds, interrupted });
    }
    if (interrupted) return signals.exitStatus;
    const different = counts.events - counts.same;
    if (different === 0) return EXIT.done;
    throw new MillraceError(
      'MILLRACE_DIFFERENT',
      `${different} of ${counts.events} ${counts.events === 1 ? 'event' : 'events'} ${different === 1 ? 'differs' : 'differ'}`,
      flags.report === undefined ? { hint: '--report FILE writes all of them as NDJSON' } : {},
    );
  } finally {
    display?.end();
    await report.close();
    signals.release();
  }
}

/** The inputs as they are now, so that all sides read the same, whoever writes them meanwhile. */
async function inputsNow(names: readonly string[], flags: ReplayFlags): Promise<FixedInput[]> {
  const reading = defaultReading(flags.store, LINE_BYTES_LIMIT);
  const stretch = stretchOf(flags, names.length);
  const inputs = await findInputs(names, flags.store, reading, printError);
  for (const input of inputs) {
    if (input.kind === 'source' && (input.spec.id === undefined || input.name === '-'))
      throw onlyOnce(input.name);
  }
  return Promise.all(inputs.map(input => fixInput(input, stretch, flags.store)));
}

/** A run of its own for each side, which reads the inputs for itself. */
async function sideOptions(
  inputs: readonly FixedInput[],
  handler: string | undefined,
  flags: ReplayFlags,
  stopped: AbortSignal,
  view?: Pick<PacedOptions, 'pacer' | 'onShare'>,
): Promise<Omit<RunOptions, 'to'>> {
  const speed = Number.POSITIVE_INFINITY;
  const paced = inputs.map(async input => ({ ...input, input: await input.reopen() }));
  const sources = pacedSources(await Promise.all(paced), {
    stretch: stretchOf(flags, inputs.length),
    timeField: timeFieldOption(flags),
    timeUnit: flags.timeUnit,
    pacer: view?.pacer ?? new Pacer({ speed, gapMsMax: speed, alarm: new RealAlarm(), stopped }),
    stopped,
    onShare: view?.onShare ?? (() => undefined),
  });
  return {
    ...handlingOptions(handler, flags),
    onError: 'dead-letter',
    inputs: inputs.map(({ input }) => input.name),
    sources,
    reading: defaultReading(flags.store, flags.maxLine),
  };
}

/** Whether it must be known what `--where` and `--select` make of the stored events: which are compared, and with what. */
function isStoredChanged({ old }: Sides, { where, select }: ReplayFlags): boolean {
  return where !== undefined || (old === undefined && select !== undefined);
}

/** A run that only looks at the events: what is said of a handler is not meant for it. */
async function storedOptions(
  inputs: readonly FixedInput[],
  flags: ReplayFlags,
  stopped: AbortSignal,
): Promise<Omit<RunOptions, 'to'>> {
  const options = await sideOptions(inputs, undefined, flags, stopped);
  return { ...options, key: undefined, overrides: {} };
}

function onlyOnce(name: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `"${name}" can be read but once, and --diff reads it twice`, {
    hint: 'write it to a file or run it into a topic, and name that',
  });
}

/** What is shown on standard output, and written to the file of the report. */
class Report {
  readonly #path: string | undefined;
  readonly #file: FileHandle | undefined;
  readonly #out: FdWriter;
  readonly #makeRoom: () => void;
  #shown = 0;
  #rest = 0;

  private constructor(path: string | undefined, file: FileHandle | undefined, makeRoom: () => void) {
    this.#makeRoom = makeRoom;
    this.#path = path;
    this.#file = file;
    // What is shown of data is escaped, and the colours must not be.
    this.#out = path === '-' ? standardOutput() : new FdWriter(1, false);
  }

  /** `makeRoom` is called before something is shown. */
  static async open(path: string | undefined, makeRoom: () => void): Promise<Report> {
    if (path === undefined || path === '-') return new Report(path, undefined, makeRoom);
    const file = await open(path, 'w').catch((error: unknown) => fail(path, error));
    return new Report(path, file, makeRoom);
  }

  async add(difference: Difference): Promise<void> {
    if (this.#path === '-') await this.#print(reportLine(difference));
    else if (this.#shown < SHOWN_MAX) {
      this.#shown++;
      await this.#print(differenceText(difference));
    } else this.#rest++;
    await this.#file?.appendFile(reportLine(difference)).catch((error: unknown) => fail(this.#path!, error));
  }

  async end(counts: Counts, fields: FieldCounts, sides: readonly [string, string]): Promise<void> {
    if (this.#path === '-') return;
    if (this.#rest > 0) await this.#print(`and ${this.#rest.toLocaleString('en-US')} more\n`);
    if (this.#shown > 0) await this.#print('\n');
    if (!fields.isEmpty) await this.#print(`${fields.text()}\n`);
    await this.#print(countsText(counts, sides));
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #print(text: string): Promise<void> {
    this.#makeRoom();
    await this.#out.write(Buffer.from(text, 'utf8'));
  }
}

function fail(path: string, error: unknown): never {
  throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(error)}`, {
    cause: error,
  });
}
