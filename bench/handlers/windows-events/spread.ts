import type { Handler } from 'millrace';

/** Entries made anew, with a mark for what the system itself did. */

interface LogEntry {
  readonly AccountName?: string;
}

export default (event => ({ ...event, system: event.AccountName === 'SYSTEM' })) satisfies Handler<LogEntry>;
