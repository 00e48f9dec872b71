import { isUtf8 } from 'node:buffer';
import { keptBytes } from '../base/dead-letter.ts';
import { MillraceError } from '../base/errors.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import { counted } from '../inspect/wording.ts';
import { escapeControls } from '../base/terminal.ts';
import { onStdout as chalk } from './colours.ts';
import { type DeadTopic, type Found, lettersFrom } from './dead-topic.ts';
import { jsonLines } from './json-lines.ts';
import { printError } from './report-error.ts';
import { onOneLine } from './text-columns.ts';

/** `millrace dead show`: whole letters, or just the bytes of their events. */

const LABEL_WIDTH = 11;

/** Members that are shown in a way of their own. */
const KNOWN = new Set(['source', 'line', 'offset', 'reason', 'error', 'event', 'eventBase64', 'eventBytes']);

/** Prints the letters at `offsets`, in this order; rejects with MILLRACE_OFFSET_NOT_FOUND. */
export async function showLetters(
  dead: DeadTopic,
  offsets: readonly number[],
  eventOnly: boolean,
): Promise<void> {
  for (const offset of offsets) checkOffset(dead, offset);
  // What is shown is escaped where it is data; colours must not be.
  const out = eventOnly ? standardOutput() : new FdWriter(1, false);
  for (const [at, offset] of offsets.entries()) {
    const found = await letterAt(dead, offset);
    const shown = eventOnly ? eventBytes(found) : Buffer.from(letterText(dead, found));
    await out.write(at > 0 && !eventOnly ? Buffer.concat([Buffer.from('\n'), shown]) : shown);
    if (out.closed) return;
  }
}

function checkOffset({ topic, reader }: DeadTopic, offset: number): void {
  const { offset: end } = reader.state.end;
  // One that is no longer kept is found out by reading it.
  if (offset < end) return;
  throw new MillraceError('MILLRACE_OFFSET_NOT_FOUND', `"${topic}" has no dead letter ${offset}`, {
    hint:
      end === 0
        ? 'it has none at all'
        : `they are numbered from 0 to ${end - 1} (millrace dead list ${topic})`,
  });
}

async function letterAt({ reader }: DeadTopic, offset: number): Promise<Found> {
  for await (const found of lettersFrom(reader, offset)) return found;
  throw new Error(`the dead letter ${offset} is not there`);
}

function eventBytes({ offset, letter }: Found): Buffer {
  const bytes = keptBytes(letter);
  if (letter.eventBytes !== undefined && letter.eventBytes !== bytes.length) {
    printError(`dead letter ${offset} has only the first ${bytes.length} of ${letter.eventBytes} bytes`);
  }
  return Buffer.concat([bytes, Buffer.from('\n')]);
}

function letterText({ topic, retried }: DeadTopic, { offset, time, letter }: Found): string {
  const { source, line, reason, error } = letter;
  const { name, message, stack, ...told } = error;
  const when = `committed ${new Date(time).toISOString()}${offset < retried ? ', retried' : ''}`;
  const rows = [
    `${chalk.bold(`${topic} dead letter ${offset}`)}, ${when}\n`,
    row('source', `${source === '-' ? 'standard input' : source} line ${line}, offset ${letter.offset}`),
    row('reason', reason, chalk.yellow),
    row('error', `${name === undefined ? '' : `${name}: `}${message}`),
  ];
  if (stack !== undefined)
    rows.push(
      block(
        'stack',
        stack
          .split('\n')
          .map(frame => frame.trim())
          .join('\n'),
      ),
    );
  for (const [member, value] of Object.entries(told)) rows.push(row(member, JSON.stringify(value)));
  for (const [member, value] of Object.entries(letter)) {
    if (!KNOWN.has(member)) rows.push(row(member, JSON.stringify(value)));
  }
  return rows.join('') + eventText(letter);
}

function eventText(letter: Found['letter']): string {
  const bytes = keptBytes(letter);
  const length = letter.eventBytes ?? bytes.length;
  const whole = counted(length, 'byte');
  const size = bytes.length === length ? whole : `the first ${bytes.length} of ${whole}`;
  if (!isUtf8(bytes))
    return row('event', `${size}, not UTF-8, in base64`) + indented(bytes.toString('base64'));
  const text = bytes.toString('utf8');
  return row('event', size) + indented(jsonLines(text) ?? text);
}

function row(label: string, text: string, colour: (text: string) => string = same): string {
  return `  ${chalk.dim(onOneLine(label).padEnd(LABEL_WIDTH))}${colour(onOneLine(text))}\n`;
}

function block(label: string, text: string): string {
  return `  ${chalk.dim(label)}\n${indented(text)}`;
}

function indented(text: string): string {
  return `${escapeControls(text).replaceAll(/^/gm, '    ')}\n`;
}

function same(text: string): string {
  return text;
}
