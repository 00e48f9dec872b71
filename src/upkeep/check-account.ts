import { topicOfDead } from '../base/names.ts';
import type { JobState } from '../store/job-state.ts';
import { damage, type Finding } from './finding.ts';

/**
 * Whether what the journal says of a job fits together: every event accounted for, and as many of them in the topics as were
 * written to them.
 *
 * Topics that a handler emits to are not in the account, and with `--on-error skip` neither are letters for the dead; so
 * where a job writes one topic beside these, the numbers must be equal, and else they are bounds.
 */
export function checkAccount(
  job: string,
  { account, topics }: JobState,
  owned: readonly string[],
): Finding[] {
  const { read, kept, dropped, dead, written } = account;
  const findings: Finding[] = [];
  if (read !== kept + dropped + dead) {
    findings.push(
      damage(
        `the account of the job does not close: read ${read} ≠ kept ${kept} + dropped ${dropped} + dead ${dead}`,
      ),
    );
  }
  if (Object.values(account).some(count => !Number.isSafeInteger(count) || count < 0))
    findings.push(damage('the account of the job has a count that is none'));
  const endOf = (topic: string): number => topics.get(topic)?.end.offset ?? 0;
  const letters = owned.filter(topic => topicOfDead(topic) !== undefined).map(endOf);
  const lettersEnd = letters.reduce((sum, end) => sum + end, 0);
  if (lettersEnd > dead)
    findings.push(damage(`there are ${lettersEnd} dead letters, the account of the job has ${dead}`));
  const plain = owned.filter(topic => topicOfDead(topic) === undefined && topic !== `${job}.state`);
  const ends = plain.map(endOf).reduce((sum, end) => sum + end, 0);
  if (plain.length === 1 ? ends !== written : ends < written) {
    findings.push(damage(`${written} events were written, the topics of the job have ${ends}`));
  }
  return findings;
}
