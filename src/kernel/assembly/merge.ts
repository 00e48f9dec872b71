// Puts the outputs of a chunk's lines one behind the other, in the order of the lines: ../edits.ts says what an edit is.

import { base, RESULTS } from './layout';

/** As in ../line-table.ts. */
const BLANK: u32 = 1;
const DROPPED: i32 = 0;
const PASSED: i32 = -1;
const DEAD: i32 = -2;
const OVERFLOW: i32 = -3;

/**
 * Goes through the lines from `line` to before `to`; writes to `out`, `outMax` bytes at most. Stops before a line whose
 * output finds no room, or is elsewhere. Tells what ../kernel.ts has as `Merged`, word for word.
 */
export function merge(
  bytes: usize,
  table: usize,
  tableLines: usize,
  edits: usize,
  line: u32,
  to: u32,
  out: usize,
  outMax: usize,
): void {
  const ends = table + (tableLines << 2);
  const outcomes = table + (tableLines << 3);
  const states = table + tableLines * 13;
  let room = outMax;
  let written = out;
  /** A run of lines that are passed on as they are: they lie one behind the other, and are copied at once. */
  let runStart: usize = 0;
  let runEnd: usize = 0;
  let blank: u32 = 0;
  let dropped: u32 = 0;
  let kept: u32 = 0;
  let events: u32 = 0;
  let dead: u32 = 0;
  let pending: u32 = 0;
  for (; line < to; line++) {
    const outcome = load<i32>(outcomes + ((<usize>line) << 2));
    if (outcome == PASSED) {
      const start = bytes + load<u32>(table + ((<usize>line) << 2));
      const end = bytes + load<u32>(ends + ((<usize>line) << 2)) + 1;
      if (end - start > room) break;
      room -= end - start;
      if (start != runEnd) {
        memory.copy(written, runStart, runEnd - runStart);
        written += runEnd - runStart;
        runStart = start;
      }
      runEnd = end;
      kept++;
      events++;
    } else if (outcome > DROPPED) {
      const list = edits + outcome;
      const length = load<u32>(list) as usize;
      if (length > room) break;
      room -= length;
      if (runEnd != runStart) {
        memory.copy(written, runStart, runEnd - runStart);
        written += runEnd - runStart;
        runStart = runEnd = 0;
      }
      written = writeEdits(bytes, edits, list, written);
      kept++;
      events += load<u32>(list, 4);
    } else if (outcome == DROPPED) {
      if (<u32>load<u8>(states + <usize>line) == BLANK) blank++;
      else dropped++;
    } else if (outcome == DEAD) {
      dead++;
    } else if (outcome == OVERFLOW) {
      break;
    } else {
      pending++;
    }
  }
  memory.copy(written, runStart, runEnd - runStart);
  written += runEnd - runStart;
  tell(0, line);
  tell(1, (written - out) as u32);
  tell(2, blank);
  tell(3, dropped);
  tell(4, kept);
  tell(5, events);
  tell(6, dead);
  tell(7, pending);
}

/** Writes the output of one line to `out`; returns the position behind it. */
function writeEdits(bytes: usize, edits: usize, list: usize, out: usize): usize {
  const count = load<u32>(list, 8);
  for (let i: u32 = 0; i < count; i++) {
    const edit = list + 12 + ((<usize>i) << 4);
    const from = load<u32>(edit);
    const kept = (load<u32>(edit, 4) - from) as usize;
    memory.copy(out, bytes + from, kept);
    out += kept;
    const text = load<u32>(edit, 8);
    const added = (load<u32>(edit, 12) - text) as usize;
    memory.copy(out, edits + text, added);
    out += added;
  }
  return out;
}

function tell(word: usize, value: u32): void {
  store<u32>(base + RESULTS + (word << 2), value);
}
