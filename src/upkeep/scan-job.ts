import type { Disk } from '../store/disk.ts';
import { havePositions, isOnlyStateLost } from '../store/job-state.ts';
import { JOURNAL_ENDING, layout, numberOf } from '../store/layout.ts';
import { checkAccount } from './check-account.ts';
import { strayInJob } from './check-directory.ts';
import { damage, type Finding, note } from './finding.ts';
import { type Proven, proveState } from './prove-state.ts';
import { type JournalScan, type ProvenRecord, scanJournal } from './scan-journal.ts';

/** What the journal of a job says, how far it can be believed, and whether it fits together. */

export interface JobScan extends Proven {
  readonly job: string;
  readonly journal: JournalScan;
  readonly isDamaged: boolean;
  readonly findings: readonly Finding[];
}

const POSITIONS_GONE: Finding = {
  kind: 'lost',
  message:
    'how far the sources were read is lost since a repair; the job does not go on before it is told how',
};

const STATE_GONE: Finding = {
  kind: 'lost',
  message:
    'changes to the state of its keys are lost since a repair; the job does not go on before it is told how',
};

/** `owned` are the topics whose topic.json names the job. */
export async function scanJob(
  disk: Disk,
  store: string,
  job: string,
  owned: readonly string[],
): Promise<JobScan> {
  const journal = await scanJournal(disk, store, job);
  // A job that was never begun has no topic, and no file of its journal but the first.
  const isGone =
    journal.records.length === 0 &&
    (owned.length > 0 || journal.files.some(name => numberOf(name, JOURNAL_ENDING) !== 0));
  const proven = await proveState(disk, store, journal, isGone || journal.damaged.length > 0 ? owned : []);
  const findings = [
    ...journalFindings(job, journal, isGone),
    ...sequenceFindings(journal.records),
    ...(journal.damaged.length > 0 || isGone ? [] : checkAccount(job, proven.state, owned)),
    ...(await strayInJob(disk, store, job)),
  ];
  if (!havePositions(proven.state))
    findings.push(isOnlyStateLost(proven.state) ? STATE_GONE : POSITIONS_GONE);
  const isDamaged = isGone || journal.damaged.length > 0;
  return { job, journal, ...proven, isDamaged, findings };
}

function journalFindings(job: string, { file, damaged, tornBytes }: JournalScan, isGone: boolean): Finding[] {
  const path = layout.journal('', job).slice(1);
  const findings = damaged.map(({ at, bytes }) =>
    damage(`the journal "${path}/${file}" is damaged at byte ${at} (a line of ${bytes} bytes)`),
  );
  if (isGone) findings.push(damage(`the journal of the job "${job}" is gone: no record of it can be read`));
  if (tornBytes > 0)
    findings.push(
      note(`the journal ends in ${tornBytes} bytes that were never committed; the next run cuts them off`),
    );
  return findings;
}

/** What must hold from one record to the next, where both can be read. */
function sequenceFindings(records: readonly ProvenRecord[]): Finding[] {
  return records.flatMap(({ record, afterGap }, index) => {
    const before = records[index - 1]?.record;
    if (before === undefined || afterGap) return [];
    const isNext = record.seq === before.seq + 1 && record.epoch >= before.epoch && record.kind === 'commit';
    return isNext ? [] : [damage(`record ${record.seq} of the journal does not follow record ${before.seq}`)];
  });
}
