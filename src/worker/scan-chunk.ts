import type { LaneKernel } from '../kernel/load.ts';
import { UNDECIDED } from '../kernel/line-table.ts';
import { leastLoaded } from '../kernel/least-loaded.ts';
import { groupOfScanned, NO_GROUP } from '../kernel/key-group.ts';
import { type PathScanner, valueText } from '../kernel/scan.ts';
import { textKindOf } from './line-text.ts';
import type { ScanResult, ScanTask } from './protocol.ts';
import { markNotText } from './scanned-lines.ts';
import type { SlotView } from './slot-view.ts';

/**
 * Finds the lines of a whole chunk, and the lane of each by its key, for all lanes: the same walk makes the records, which
 * lie in the slot for whoever handles the lines. What there are no records for, the lanes scan again.
 */

/** Lines of a chunk whose keys are looked at for the sake of balance. */
const SAMPLE_LINES = 32;
/** A longer key, in UTF-16 code units, is none that anyone wants to read in a summary. */
const SAMPLE_KEY_LENGTH = 200;

export interface ScanEnvironment {
  readonly kernel: LaneKernel;
  readonly slots: readonly SlotView[];
  readonly scanner: PathScanner;
}

export function scanChunk(
  { kernel, slots, scanner }: ScanEnvironment,
  { slot: index, from, to, laneOfGroup, loads }: ScanTask,
): ScanResult {
  const startedMs = performance.now();
  const slot = slots[index]!;
  const { tableLines } = slot.shared;
  kernel.laneOfGroup.set(laneOfGroup);
  kernel.laneBytes.set(loads);
  const text = textKindOf(slot.bytes.subarray(from, to));
  let { position, line, records, undecided } = kernel.scan(slot, from, to, 0, tableLines);
  const recordsTo = line;
  const kept = records;
  while (position < to) {
    // The slot's records are full: only the table is filled further.
    const scanned = kernel.scan({ ...slot, ...kernel.ownRecords }, position, to, line, tableLines);
    ({ position, line } = scanned);
    undecided ||= scanned.undecided;
  }
  if (undecided) decide(slot, line, kernel, scanner);
  if (text === 'bytes') markNotText(slot, 0, line);
  const laneBytes = Array.from(kernel.laneBytes, (bytes, lane) => bytes - loads[lane]!);
  const sample = sampleKeys(slot, line, scanner);
  const busyMs = performance.now() - startedMs;
  return { lines: line, text, records: kept, recordsTo, laneBytes, ...sample, busyMs };
}

/** Keys of some lines; looking at more would cost more than it tells. */
function sampleKeys(
  { bytes, table }: SlotView,
  lines: number,
  scanner: PathScanner,
): Pick<ScanResult, 'keys' | 'groups'> {
  const keys: string[] = [];
  const groups: number[] = [];
  for (let line = 0; line < lines; line += Math.ceil(lines / SAMPLE_LINES)) {
    scanner.scanLine(bytes, table.starts[line]!);
    const group = groupOfScanned(scanner, bytes);
    if (group === NO_GROUP) continue;
    groups.push(group);
    const key = valueText(scanner, bytes);
    if (key !== undefined && key.length <= SAMPLE_KEY_LENGTH) keys.push(key);
  }
  return { keys, groups };
}

/** Finds the lanes of those lines whose keys the kernel has left over. */
function decide({ bytes, table }: SlotView, lines: number, kernel: LaneKernel, scanner: PathScanner): void {
  const { starts, ends, lanes } = table;
  for (
    let line = lanes.indexOf(UNDECIDED);
    line >= 0 && line < lines;
    line = lanes.indexOf(UNDECIDED, line + 1)
  ) {
    const start = starts[line]!;
    scanner.scanLine(bytes, start);
    const group = groupOfScanned(scanner, bytes);
    const lane = group === NO_GROUP ? leastLoaded(kernel.laneBytes) : kernel.laneOfGroup[group]!;
    lanes[line] = lane;
    kernel.laneBytes[lane]! += ends[line]! - start;
  }
}
