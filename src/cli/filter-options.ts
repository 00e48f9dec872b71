import type { Command } from 'commander';
import type { EventFilter } from '../pipeline/event-filter.ts';
import { type Asked, checkNeeds } from './option-uses.ts';
import { parseDuration } from './parse-values.ts';

/** `--where` and `--select`, which mean the same wherever they stand. */

export interface FilterFlags {
  readonly where?: string;
  readonly select?: string;
}

export interface PrintingFlags extends FilterFlags {
  readonly timeout?: number;
}

/** Adds the two flags to `command`. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--where <expression>', 'only events of which this holds: status >= 500 && user.plan == "pro"')
    .option('--select <paths>', 'just these fields of each event: time,user.id');
}

/** The same where events are only printed: what a run says of its handler is said of the expression. */
export function addPrintingOptions(command: Command): Command {
  return addFilterOptions(command).option(
    '--timeout <duration>',
    'time that --where may take for one event, 0 for ever (default: 30s)',
    parseDuration,
  );
}

/** Throws MILLRACE_USAGE where a time is given and nothing that could take it. */
export function checkPrinting(command: Asked, flags: PrintingFlags): void {
  checkNeeds(command, flags, {
    timeout: [{ words: '--where', holds: ({ where }) => where !== undefined }],
  });
}

/** Throws MILLRACE_WHERE and MILLRACE_SELECT; the parser is loaded only where it is needed. */
export async function checkFilter({ where, select }: FilterFlags): Promise<void> {
  if (where !== undefined) (await import('../query/where.ts')).parseWhere(where);
  if (select !== undefined) (await import('../query/select.ts')).parseSelect(select);
}

/** What does the filtering; undefined where there is nothing to do. */
export async function openFilter({
  where,
  select,
  timeout,
}: PrintingFlags): Promise<EventFilter | undefined> {
  if (where === undefined && select === undefined) return undefined;
  const { EventFilter: Filter } = await import('../pipeline/event-filter.ts');
  return new Filter({ where, select, isCommitted: true, timeoutMs: timeout });
}
