import type { Command } from 'commander';
import { EXIT } from '../base/errors.ts';
import { standardOutput } from '../base/fd-writer.ts';
import { realDisk } from '../store/disk.ts';
import { eventsIn } from '../store/job-state.ts';
import { listTopics, TopicReader } from '../store/topic-reader.ts';
import { formatBytes } from './format.ts';
import { storeOption } from './store-option.ts';

/** `millrace topics`: what is in the store. */

interface TopicFigures {
  readonly topic: string;
  /** Those that are there. */
  readonly events: number;
  /** The lowest offset that is kept, and the one that the next event will have. */
  readonly earliest: number;
  readonly next: number;
  /** Of the plain events, and of the files. */
  readonly bytes: number;
  readonly bytesOnDisk: number;
  readonly segments: number;
  readonly job: string;
  /** When the last event was committed; undefined for an empty topic. */
  readonly last: string | undefined;
}

const EXAMPLES = `
Examples:
  millrace topics
  millrace topics --json | jq -r .topic`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .option('--json', 'print one JSON object a line')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: { store: string; json?: boolean }) => {
      const figures: TopicFigures[] = [];
      for (const topic of await listTopics(realDisk, flags.store)) {
        figures.push(figuresOf(await TopicReader.open(realDisk, flags.store, topic)));
      }
      const text =
        flags.json === true ? figures.map(row => `${JSON.stringify(row)}\n`).join('') : table(figures);
      await standardOutput().write(Buffer.from(text, 'utf8'));
      exitWith(EXIT.done);
    });
}

function figuresOf(reader: TopicReader): TopicFigures {
  const { end, sealed, frames, earliest } = reader.state;
  const time = frames.at(-1)?.[4] ?? sealed.at(-1)?.[5];
  return {
    topic: reader.topic,
    events: eventsIn(reader.state),
    earliest,
    next: end.offset,
    bytes: sealed.reduce((sum, row) => sum + row[1], end.bytes),
    bytesOnDisk: sealed.reduce((sum, row) => sum + (row[6]?.gzip ?? row[1]), end.bytes),
    segments: sealed.length + (end.bytes > 0 ? 1 : 0),
    job: reader.job,
    last: time === undefined ? undefined : new Date(time).toISOString(),
  };
}

interface Column {
  readonly title: string;
  readonly cell: (row: TopicFigures) => string;
  readonly isNumber?: boolean;
  /** Columns that say nothing where this holds of no topic are left out. */
  readonly isShown?: (row: TopicFigures) => boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'TOPIC', cell: ({ topic }) => topic },
  { title: 'EVENTS', cell: ({ events }) => events.toLocaleString('en-US'), isNumber: true },
  {
    title: 'EARLIEST',
    cell: ({ earliest }) => String(earliest),
    isNumber: true,
    isShown: ({ earliest }) => earliest > 0,
  },
  { title: 'SIZE', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
  {
    title: 'ON DISK',
    cell: ({ bytesOnDisk }) => formatBytes(bytesOnDisk),
    isNumber: true,
    isShown: ({ bytes, bytesOnDisk }) => bytes !== bytesOnDisk,
  },
  { title: 'SEGMENTS', cell: ({ segments }) => String(segments), isNumber: true },
  { title: 'JOB', cell: ({ job }) => job },
  { title: 'LAST COMMIT', cell: ({ last }) => last ?? '-' },
];

function table(figures: readonly TopicFigures[]): string {
  const columns = COLUMNS.filter(({ isShown }) => isShown === undefined || figures.some(isShown));
  const header = columns.map(({ title }) => title);
  const rows = figures.map(row => columns.map(({ cell }) => cell(row)));
  const isNumber = columns.map(column => column.isNumber === true);
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map(row => row[column]!.length)));
  const align = (cell: string, column: number): string =>
    isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return [header, ...rows].map(row => `${row.map(align).join('  ').trimEnd()}\n`).join('');
}
