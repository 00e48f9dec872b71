import type { DeadReason } from '../base/dead-letter.ts';
import { type LineTable, Outcome } from '../kernel/line-table.ts';
import type { SharedSlot } from '../kernel/slot-memory.ts';
import { failedMembers } from './dead-letter.ts';
import type { BatchResult } from './protocol.ts';

/** The result of one event that is dead without being run again. */
export function deadResult(
  { buffer, bytesAt }: SharedSlot,
  table: LineTable,
  line: number,
  reason: DeadReason,
  message: string,
  version: string | undefined,
): BatchResult {
  const start = table.starts[line]!;
  const bytes = new Uint8Array(buffer, bytesAt + start, table.ends[line]! - start);
  table.outcomes[line] = Outcome.dead;
  const dead = [{ line, start, members: failedMembers(reason, { message }, bytes, version) }];
  return {
    linesTo: line + 1,
    dead,
    overflow: [],
    emitted: [],
    state: undefined,
    ways: { inPart: 0, whole: 1 },
    busyMs: 0,
  };
}
