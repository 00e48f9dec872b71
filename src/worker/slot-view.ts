import { LineTable } from '../kernel/line-table.ts';
import type { SharedSlot } from '../kernel/slot-memory.ts';

/** A slot as a worker thread sees it. */
export interface SlotView {
  readonly shared: SharedSlot;
  readonly bytes: Buffer;
  readonly table: LineTable;
  /** Records of a scan that was made for all lanes. */
  readonly records: Int32Array;
  readonly floats: Float64Array;
  readonly edits: Int32Array;
  /** The memory of the edits as bytes. */
  readonly editBytes: Buffer;
}

export function viewSlot(shared: SharedSlot): SlotView {
  const { buffer, bytesAt, bytesLength, recordsAt, recordsBytes, editsAt, editsBytes } = shared;
  return {
    shared,
    bytes: Buffer.from(buffer, bytesAt, bytesLength),
    table: new LineTable(shared),
    records: new Int32Array(buffer, recordsAt, recordsBytes / 4),
    floats: new Float64Array(buffer, recordsAt, recordsBytes / 8),
    edits: new Int32Array(buffer, editsAt, editsBytes / 4),
    editBytes: Buffer.from(buffer, editsAt, editsBytes),
  };
}
