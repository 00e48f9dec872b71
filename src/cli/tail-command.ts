import type { Command } from 'commander';
import { EXIT } from '../base/errors.ts';
import { type FdWriter, standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import type { EventFilter } from '../pipeline/event-filter.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';
import { EventPrinter } from './event-printer.ts';
import { addPrintingOptions, checkPrinting, type PrintingFlags, openFilter } from './filter-options.ts';
import { type From, parseCount, parseFrom } from './parse-values.ts';
import { printError } from './report-error.ts';
import { storeOption } from './store-option.ts';

/** `millrace tail`: the last events of a topic, and with -f those that other processes commit from now on. */

interface Flags extends PrintingFlags {
  readonly lines?: number;
  readonly follow?: boolean;
  readonly from?: From;
  readonly meta?: boolean;
  readonly store: string;
}

/** How many of the last events are printed where nothing is said about it. */
const LINES = 10;

const EXAMPLES = `
Examples:
  millrace tail errors -n 100
  millrace tail errors -f | jq .
  millrace tail errors --from 14:00
  millrace tail errors --from 1200 -n 20 --meta
  millrace tail errors -n 5 --where 'status == 503'`;

export function define(command: Command, exitWith: (status: number) => void): void {
  addPrintingOptions(command)
    .argument('<topic>', 'topic to print')
    .option(
      '-n, --lines <n>',
      'how many of the last events, or with --from of the first ones from there (of those that --where leaves; default: 10, with --from all)',
      parseCount,
    )
    .option('-f, --follow', 'go on with the events that are committed from now on')
    .option('--from <where>', 'start at an offset (1200), a commit time (14:00) or a time ago (-15m)', text =>
      parseFrom(text),
    )
    .option('--meta', 'print each event with its offset and commit time')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topic: string, flags: Flags) => {
      checkPrinting(command, flags);
      const reader = await TopicReader.open(realDisk, flags.store, checkName(topic, 'topic'));
      const filter = await openFilter(flags);
      try {
        await tail(reader, filter, flags, standardOutput());
      } finally {
        await filter?.close();
      }
      exitWith(EXIT.done);
    });
}

async function tail(
  reader: TopicReader,
  filter: EventFilter | undefined,
  flags: Flags,
  out: FdWriter,
): Promise<void> {
  const { from, lines } = flags;
  let most = from === undefined ? Number.POSITIVE_INFINITY : (lines ?? Number.POSITIVE_INFINITY);
  const printer = new EventPrinter(reader.topic, filter, flags.meta ?? false);
  let time = from !== undefined && 'time' in from ? from.time : 0;
  let { next, skip } =
    from === undefined
      ? await lastEvents(reader, lines ?? LINES, filter, printer)
      : { next: reader.state.earliest, skip: 0 };
  if (from !== undefined && 'offset' in from) next = reader.startOf(from.offset);
  let { epoch } = reader;
  if (most === 0) return;
  for (;;) {
    for await (const frame of reader.frames(next, time)) {
      const printed = await printer.print(frame, next, { skip, most });
      skip -= printed.skipped;
      most -= printed.events;
      await out.write(printed.bytes);
      if (out.closed || most === 0) return;
      if (printed.undecided !== undefined) throw printed.undecided;
      next = frame.offset + frame.events;
      time = 0;
    }
    if (flags.follow !== true) return;
    await reader.changed();
    if (reader.epoch !== epoch) {
      printError(`the topic "${reader.topic}" was started over; going on from its new beginning`);
      ({ epoch } = reader);
      next = reader.startOf(0);
      skip = 0;
    }
  }
}

/** How many times as far back to look where there were too few events. */
const FURTHER = 4;

/** Where the last `count` events begin that are left by the filter: an offset, and how many from there to skip. */
async function lastEvents(
  reader: TopicReader,
  count: number,
  filter: EventFilter | undefined,
  printer: EventPrinter,
): Promise<{ next: number; skip: number }> {
  const { end, earliest, compacted } = reader.state;
  const plain = filter === undefined && end.offset - count >= (compacted?.to ?? 0);
  if (plain || count === 0) return { next: Math.max(earliest, end.offset - count), skip: 0 };
  for (let back = count; ; back *= FURTHER) {
    const next = Math.max(earliest, end.offset - back);
    let found = 0;
    for await (const frame of reader.frames(next)) {
      found += await printer.count(frame, next);
    }
    if (found >= count || next === earliest) return { next, skip: Math.max(0, found - count) };
  }
}
