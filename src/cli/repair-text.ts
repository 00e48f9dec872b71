import { isOnlyStateLost } from '../store/job-state.ts';
import { layout } from '../store/layout.ts';
import type { Cut } from '../store/recovery.ts';
import { type Finding, offsetText } from '../upkeep/finding.ts';
import type { Loss } from '../upkeep/losses.ts';
import type { JobPlan } from '../upkeep/plan-repair.ts';
import type { RepairPlan } from '../upkeep/repair-store.ts';
import { formatBytes } from './format.ts';
import { onOneLine } from './text-columns.ts';

/** What a repair would do, in words. */

export function planText(plan: RepairPlan): string {
  const lines = [
    ...plan.store.map(({ message }) => `${message}: it is written again`),
    ...plan.unclaimed.map(topic => `topic ${topic}: no job knows it; its files go to the quarantine`),
    ...plan.jobs.flatMap(jobLines),
  ];
  return lines.map(line => `${onOneLine(line)}\n`).join('');
}

function jobLines(plan: JobPlan): string[] {
  const { job, scan, topics, files, losses, rewound, unproven } = plan;
  const damaged = [...scan.findings, ...topics.flatMap(({ topic, findings }) => named(topic, findings))];
  return [
    `job ${job}`,
    ...damaged.filter(({ kind }) => kind === 'damage').map(({ message }) => `  damaged: ${message}`),
    ...files.map(
      ({ topic, file }) => `  damaged: the topic.json of ${topic} is ${file}; it is written again`,
    ),
    ...rewound.map(({ topic, from, to }) => `  goes back: ${topic} from offset ${from} to ${to}`),
    ...losses.map(loss => `  lost: ${lossText(loss)}`),
    ...(losses.length > 0 ? [KEPT] : []),
    ...unproven.map(
      ({ topic, from, events, bytes }) =>
        `  not proven: ${topic}: ${formatBytes(bytes)} from offset ${from} on (${events} events), which go to the quarantine`,
    ),
    `  positions: ${positionsText(plan)}`,
  ];
}

const KEPT =
  '  kept: everything else, with its offsets; each lost event leaves an empty line, and what was there is in the quarantine';

/** The findings of a topic, under its name. */
function named(topic: string, findings: readonly Finding[]): Finding[] {
  return findings.map(finding => ({ ...finding, message: `${topic}: ${finding.message}` }));
}

function lossText({ topic, offsets, time, sources }: Loss): string {
  const count = offsets[1] - offsets[0];
  const when = time === undefined ? '' : `, committed ${new Date(time).toISOString()}`;
  const from = sources
    .map(({ source, from: first, to }) => `lines ${first} to ${to} of "${source}"`)
    .join(', ');
  const events = count === 1 ? '1 event' : `${count.toLocaleString('en-US')} events`;
  return `${topic}: ${offsetText(offsets)} (${events}${when})${from === '' ? '' : `, which came of ${from}`}`;
}

const POSITIONS: Readonly<Record<JobPlan['positions'], string>> = {
  kept: 'the next run goes on where the last commit that is proven has left its sources',
  rewound: 'those of the commit that it goes back to: the next run reads the rest of the sources again',
  forgiven:
    'those that are known; if some are older than what was read, the next run writes events a second time',
  lost: 'not known for certain, so the job does not go on by itself: start it over with --fresh, or see --keep-positions',
};

function positionsText(plan: JobPlan): string {
  const { scan, positions, canRewind, losses, rewound, isStateLost } = plan;
  const isOffered =
    canRewind &&
    ((positions === 'kept' && losses.length > 0) || (positions === 'lost' && rewound.length === 0));
  const reload = isOffered ? RELOAD : '';
  const isKnown = plan.isOnlyStateLost || isOnlyStateLost(scan.state);
  if (isKnown && positions === 'lost') return `${STATE_LOST}${reload}`;
  if (isKnown && positions === 'forgiven') return `known${OLDER}`;
  return `${POSITIONS[positions]}${isStateLost && positions === 'forgiven' ? OLDER : ''}${reload}`;
}

const STATE_LOST =
  'known, but changes to the state of keys are lost that belong to them, so the job does not go on by itself: start it over with --fresh, or see --keep-positions';

const OLDER = '; the next run goes on with older values, or none, for the keys whose state is lost';

const RELOAD = '; --rewind goes back to before the damage instead, so that it reads again what is lost';

export function doneText(plan: RepairPlan, cuts: readonly Cut[], store: string): string {
  const cut = cuts.map(
    ({ what, bytes }) => `  cut off: ${formatBytes(bytes)} of ${what} that no proven commit has\n`,
  );
  const jobs = plan.jobs.map(({ job }) => `the job ${job}`);
  const what = [...(plan.store.length > 0 ? [layout.storeFile] : []), ...plan.unclaimed, ...jobs].join(', ');
  return `${cut.join('')}repaired ${what}; what was damaged is in "${onOneLine(store)}/quarantine"\n`;
}
