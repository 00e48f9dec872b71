import type { Handler } from 'millrace';

/** Files that were made. */

interface LogEntry {
  readonly EventID: number;
}

export default (event => event.EventID === 11) satisfies Handler<LogEntry>;
