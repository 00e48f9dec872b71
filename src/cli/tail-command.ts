import type { Command } from 'commander';
import { EXIT } from '../base/errors.ts';
import { type FdWriter, standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { type Frame, TopicReader } from '../store/topic-reader.ts';
import { type From, parseCount, parseFrom } from './parse-values.ts';
import { printError } from './report-error.ts';
import { storeOption } from './store-option.ts';

/** `millrace tail`: the last events of a topic, and with -f those that other processes commit from now on. */

interface Flags {
  readonly lines: number;
  readonly follow?: boolean;
  readonly from?: From;
  readonly meta?: boolean;
  readonly store: string;
}

const EXAMPLES = `
Examples:
  millrace tail errors -n 100
  millrace tail errors -f | jq .
  millrace tail errors --from 14:00
  millrace tail errors --from 1200 --meta`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<topic>', 'topic to print')
    .option('-n, --lines <n>', 'how many of the last events', parseCount, 10)
    .option('-f, --follow', 'go on with the events that are committed from now on')
    .option('--from <where>', 'start at an offset (1200), a commit time (14:00) or a time ago (-15m)', text =>
      parseFrom(text),
    )
    .option('--meta', 'print each event with its offset and commit time')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topic: string, flags: Flags) => {
      const reader = await TopicReader.open(realDisk, flags.store, checkName(topic, 'topic'));
      await tail(reader, flags, standardOutput());
      exitWith(EXIT.done);
    });
}

async function tail(reader: TopicReader, flags: Flags, out: FdWriter): Promise<void> {
  const { from, lines } = flags;
  let time = from !== undefined && 'time' in from ? from.time : 0;
  let next = Math.max(0, reader.state.end.offset - lines);
  if (from !== undefined) next = 'offset' in from ? from.offset : 0;
  let { epoch } = reader;
  for (;;) {
    for await (const frame of reader.frames(next, time)) {
      await out.write(printed(frame, next, flags.meta ?? false));
      if (out.closed) return;
      next = frame.offset + frame.events;
      time = 0;
    }
    if (flags.follow !== true) return;
    await reader.changed();
    if (reader.epoch !== epoch) {
      printError(`the topic "${reader.topic}" was started over; going on from its new beginning`);
      ({ epoch } = reader);
      next = 0;
    }
  }
}

/** The events of `frame` from the one with the offset `from` on. */
function printed(frame: Frame, from: number, meta: boolean): Uint8Array {
  let at = 0;
  for (let offset = frame.offset; offset < from; offset++) at = frame.bytes.indexOf(0x0a, at) + 1;
  const bytes = frame.bytes.subarray(at);
  return meta ? withMeta(bytes, Math.max(frame.offset, from), frame.time) : bytes;
}

/** Each event as a member of an object that tells its offset and commit time. */
function withMeta(bytes: Uint8Array, firstOffset: number, time: number): Uint8Array {
  const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1);
  const when = new Date(time).toISOString();
  const objects = lines.map(
    (line, index) => `{"offset":${firstOffset + index},"time":"${when}","event":${line}}\n`,
  );
  return Buffer.from(objects.join(''), 'utf8');
}
