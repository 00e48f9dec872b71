import type { Handler } from 'millrace';

/** Marks what the system itself did. */

interface LogEntry {
  readonly AccountName?: string;
  system?: boolean;
}

const markSystem: Handler<LogEntry> = event => {
  event.system = event.AccountName === 'SYSTEM';
  return event;
};

export default markSystem;
