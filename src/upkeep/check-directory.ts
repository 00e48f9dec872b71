import type { Disk } from '../store/disk.ts';
import type { TopicState } from '../store/job-state.ts';
import { digits, JOURNAL_ENDING, layout, numberOf, segmentName, segmentOf } from '../store/layout.ts';
import { filesOfSealed } from '../store/stray-files.ts';
import { type Finding, note } from './finding.ts';

/** Files and directories that are no part of what is committed. None of them does harm: readers look at none of them. */

export async function strayInStore(disk: Disk, store: string): Promise<Finding[]> {
  const known = new Set([layout.storeFile, 'topics', 'jobs', 'quarantine']);
  return strangers(await disk.list(store), known, '');
}

export async function strayInJob(disk: Disk, store: string, job: string): Promise<Finding[]> {
  const names = (await disk.list(layout.job(store, job))).filter(name => !name.endsWith('.new'));
  const journal = await disk.list(layout.journal(store, job));
  const files = journal.filter(name => numberOf(name, JOURNAL_ENDING) === undefined);
  return [
    ...strangers(names, new Set(['journal', 'lock']), `jobs/${job}/`),
    ...strangers(files, new Set(), `jobs/${job}/journal/`),
  ];
}

export async function strayInTopic(
  disk: Disk,
  store: string,
  topic: string,
  state: TopicState,
): Promise<Finding[]> {
  const needed = filesOfSealed(state);
  const last = segmentName(state.end.segment);
  const findings: Finding[] = [];
  for (const name of await disk.list(layout.topic(store, topic))) {
    if (needed.has(name) || name === layout.topicFile || name === last) continue;
    const segment = segmentOf(name);
    if (segment === undefined && !name.endsWith('.partial')) {
      findings.push(note(`"${name}" is no file of a topic; nothing reads it`));
    } else if (segment !== undefined && segment >= state.end.segment) {
      findings.push(note(`"${name}" was never committed; the next run moves it to the quarantine`));
    } else {
      findings.push(note(`"${name}" belongs to no segment`));
    }
  }
  return findings;
}

/** What a run would make good by itself. */
export function leftToRuns(lastSurplusBytes: number, unindexed: readonly number[]): Finding[] {
  const notes = unindexed.map(segment =>
    note(`the index of segment ${digits(segment)} is missing or damaged; the next run makes it again`),
  );
  return lastSurplusBytes === 0
    ? notes
    : [
        ...notes,
        note(`${lastSurplusBytes} bytes were never committed; the next run moves them to the quarantine`),
      ];
}

function strangers(names: readonly string[], known: ReadonlySet<string>, where: string): Finding[] {
  return names
    .filter(name => !known.has(name) && !name.endsWith('.partial'))
    .map(name => note(`"${where}${name}" is no file of a store; nothing reads it`));
}
