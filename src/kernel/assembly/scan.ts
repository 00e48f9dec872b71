// AssemblyScript: it reads like TypeScript and works like C. Raw memory and plain functions only; `npm run kernel`
// compiles it into ../module.ts. It is not part of the TypeScript build.
//
// What the module exports: ../kernel.ts says what `scan` and `rescan` do.

import { base, LANE_BYTES, LANE_OF_GROUP, PROGRAM, RESULTS, setBase } from './layout';
import { decide, DROP, hasTests, PASS, setTests } from './predicate';
import { lineEnd, NEWLINE, skipSpace } from './text';
import { rare, setProgram, walkRoot } from './walk';

export { merge } from './merge';

/** As in ../line-table.ts. */
const VALID: u32 = 0;
const BLANK: u32 = 1;
const INVALID: u32 = 2;
const RARE: u32 = 3;
const DROPPED: u32 = 4;
const UNSURE: u32 = 5;
const UNDECIDED: u32 = 255;
const OUTCOME_DROPPED: i32 = 0;
const OUTCOME_PASSED: i32 = -1;
const OUTCOME_PENDING: i32 = -4;

/** As in ../records.ts. */
const NULL: u32 = 1;
const ESCAPED_STRING: u32 = 7;

let lanes: u32 = 1;
/** Number of the field that is the key, or -1. */
let key: i32 = -1;
let recordBytes: usize = 16;
/** Whether lines that pass need no record, because nothing but the predicate looks at them. */
let verdictOnly: bool = false;
let lineBytesMax: usize = 0;
/** Whether only the ends of lines are looked for. */
let linesOnly: bool = false;

/** Must be called once, when the program is written behind `at`. `tests` is 0 where there is no predicate. */
export function prepare(
  at: usize,
  laneCount: u32,
  fields: u32,
  keyField: i32,
  tests: usize,
  spelling: i32,
  onlyVerdicts: bool,
  lineMax: u32,
  onlyLines: bool,
): void {
  setBase(at);
  setProgram(at + PROGRAM, spelling);
  setTests(tests);
  lanes = laneCount;
  key = keyField;
  recordBytes = 16 + (fields as usize) * 24;
  verdictOnly = onlyVerdicts;
  lineBytesMax = lineMax as usize;
  linesOnly = onlyLines;
}

/**
 * Scans lines of `bytes[from..to)`. The table's columns are `table`, of `tableLines` lines each; records go to `records`,
 * `recordsMax` at most. Tells the next line, its position, records, and whether some lines are UNDECIDED.
 */
export function scan(
  bytes: usize,
  from: u32,
  to: u32,
  line: u32,
  lineMax: u32,
  table: usize,
  tableLines: usize,
  records: usize,
  recordsMax: u32,
): void {
  const starts = table;
  const ends = table + (tableLines << 2);
  const outcomes = table + (tableLines << 3);
  const laneOf = table + tableLines * 12;
  const states = table + tableLines * 13;
  let at = bytes + from;
  const end = bytes + to;
  let record = records;
  const recordsEnd = records + (recordsMax as usize) * recordBytes;
  let undecided: u32 = 0;
  while (at < end && line < lineMax && record < recordsEnd) {
    const start = at;
    at = skipSpace(at);
    let state: u32 = VALID;
    let outcome = OUTCOME_PENDING;
    let lane: u32 = 0;
    if (<u32>load<u8>(at) == NEWLINE) {
      state = BLANK;
      outcome = OUTCOME_DROPPED;
    } else {
      if (linesOnly) {
        state = RARE;
        at = lineEnd(at);
      } else {
        clear(record);
        at = walkRoot(bytes, start, at, record);
        if (at != 0) at = skipSpace(at);
        if (at == 0 || <u32>load<u8>(at) != NEWLINE) {
          state = at == 0 && rare ? RARE : INVALID;
          at = lineEnd(start);
        }
      }
      if (at - start > lineBytesMax) {
        state = INVALID;
      } else if (state == VALID && hasTests()) {
        const verdict = decide(record, bytes);
        state = verdict == PASS ? VALID : verdict == DROP ? DROPPED : UNSURE;
      }
      lane = state == RARE ? (key < 0 ? 0 : UNDECIDED) : laneOfLine(record, bytes, state == INVALID);
      if (lane == UNDECIDED) undecided = 1;
      else addToLane(lane, (at - start) as u32);
      if (state == DROPPED) {
        outcome = OUTCOME_DROPPED;
      } else if (state == VALID && verdictOnly) {
        outcome = OUTCOME_PASSED;
      } else if (state == VALID || state == UNSURE) {
        store<u32>(record, line);
        record += recordBytes;
      }
    }
    store<u32>(starts + ((<usize>line) << 2), (start - bytes) as u32);
    store<u32>(ends + ((<usize>line) << 2), (at - bytes) as u32);
    store<i32>(outcomes + ((<usize>line) << 2), outcome);
    store<u8>(laneOf + <usize>line, lane as u8);
    store<u8>(states + <usize>line, state as u8);
    line++;
    at++;
  }
  tell(0, line);
  tell(1, (at - bytes) as u32);
  tell(2, ((record - records) / recordBytes) as u32);
  tell(3, undecided);
}

/** Makes records of lines from `line` to before `to` of the lane `own`, which were scanned before. */
export function rescan(
  bytes: usize,
  line: u32,
  to: u32,
  own: u32,
  table: usize,
  tableLines: usize,
  records: usize,
  recordsMax: u32,
): void {
  const laneOf = table + tableLines * 12;
  const states = table + tableLines * 13;
  let record = records;
  const recordsEnd = records + (recordsMax as usize) * recordBytes;
  for (; line < to; line++) {
    if (<u32>load<u8>(laneOf + <usize>line) != own) continue;
    const state: u32 = load<u8>(states + <usize>line);
    if (state != UNSURE && (state != VALID || verdictOnly)) continue;
    if (record >= recordsEnd) break;
    clear(record);
    const start = bytes + load<u32>(table + ((<usize>line) << 2));
    walkRoot(bytes, start, skipSpace(start), record);
    store<u32>(record, line);
    record += recordBytes;
  }
  tell(0, line);
  tell(2, ((record - records) / recordBytes) as u32);
  tell(3, 0);
}

/** Empties a record. */
// @ts-ignore: decorator
@inline
function clear(record: usize): void {
  // What memory.fill does takes longer to be called than to be done.
  for (let at = record, end = record + recordBytes; at < end; at += 8) store<u64>(at, 0);
}

function tell(word: usize, value: u32): void {
  store<u32>(base + RESULTS + (word << 2), value);
}

/** The lane of a line's key, or UNDECIDED. */
function laneOfLine(record: usize, bytes: usize, invalid: bool): u32 {
  if (key < 0) return 0;
  if (invalid) return leastLoaded();
  const field = record + 16 + (<usize>key) * 24;
  const kind: u32 = load<u32>(field);
  if (kind <= NULL) return leastLoaded();
  if (kind == ESCAPED_STRING) return UNDECIDED;
  return load<u8>(base + LANE_OF_GROUP + groupOf(bytes + load<u32>(field, 4), bytes + load<u32>(field, 8)));
}

function addToLane(lane: u32, length: u32): void {
  const sum = base + LANE_BYTES + ((<usize>lane) << 2);
  store<u32>(sum, load<u32>(sum) + length);
}

/** As ../least-loaded.ts. */
function leastLoaded(): u32 {
  const sums = base + LANE_BYTES;
  let best: u32 = 0;
  for (let lane: u32 = 1; lane < lanes; lane++) {
    if (load<u32>(sums + ((<usize>lane) << 2)) < load<u32>(sums + ((<usize>best) << 2))) best = lane;
  }
  return best;
}

/** Kafka's murmur2 (../murmur2.ts) and the key group of its hash. */
function groupOf(start: usize, end: usize): usize {
  const m: u32 = 0x5bd1e995;
  let h: u32 = 0x9747b28c ^ ((end - start) as u32);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let k = load<u32>(at) * m;
    k ^= k >> 24;
    h = (h * m) ^ (k * m);
  }
  const rest = (end - at) as u32;
  if (rest == 3) h ^= (<u32>load<u8>(at, 2)) << 16;
  if (rest >= 2) h ^= (<u32>load<u8>(at, 1)) << 8;
  if (rest >= 1) h = (h ^ <u32>load<u8>(at)) * m;
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return (h & 255) as usize;
}
