import { groupOfHash } from '../../../src/kernel/key-group.ts';
import { LineState, Outcome, UNDECIDED } from '../../../src/kernel/line-table.ts';
import { murmur2 } from '../../../src/kernel/murmur2.ts';
import { Exit, type Program } from '../../../src/kernel/program.ts';
import {
  FIELD_WORDS,
  FieldWord,
  Kind,
  RECORD_WORDS,
  RecordWord,
  recordBytes,
} from '../../../src/kernel/records.ts';
import { type Reference, refer } from './reference.ts';
import { contradictions, fieldValues, holds, type LineText, lineText } from './truth.ts';

/** What a scan of a whole chunk must write, line by line. */

export interface ExpectedLine {
  readonly start: number;
  readonly end: number;
  readonly state: number;
  readonly outcome: number;
  readonly lane: number;
  /** Undefined where the line needs none. */
  readonly record: Int32Array | undefined;
}

export interface Expected {
  readonly lines: readonly ExpectedLine[];
  readonly laneBytes: readonly number[];
  /** Where the reference itself is at odds with JSON.parse. */
  readonly contradictions: readonly string[];
}

/** How the lines of a run are given to lanes. */
export interface Lanes {
  readonly count: number;
  /** What each has to do before the chunk. */
  readonly bytes: readonly number[];
  readonly laneOfGroup: Uint8Array;
}

/** For `chunk`, which ends in a newline and whose first byte is at `from` of its slot. */
export function expect(chunk: Buffer, from: number, program: Program, lanes: Lanes): Expected {
  const lines: ExpectedLine[] = [];
  const laneBytes = [...lanes.bytes];
  const wrong: string[] = [];
  for (let at = 0; at < chunk.length; ) {
    const end = chunk.indexOf('\n', at);
    const line = chunk.subarray(at, end);
    const reference = refer(line.toString('latin1'), program);
    const text = lineText(line);
    wrong.push(
      ...contradictions(line, text, reference, program).map(
        what => `${JSON.stringify(line.toString())}: ${what}`,
      ),
    );
    const state = stateOf(line, text, reference, program);
    const lane = laneOf(state, line, reference, program, lanes, laneBytes);
    if (lane < lanes.count && state !== LineState.blank) laneBytes[lane]! += line.length;
    const goesOn = state === LineState.unsure || (state === LineState.valid && !program.verdictOnly);
    const start = from + at;
    lines.push({
      start,
      end: from + end,
      state,
      outcome: outcomeOf(state, program),
      lane,
      record: goesOn ? recordOf(lines.length, start, reference) : undefined,
    });
    at = end + 1;
  }
  return { lines, laneBytes, contradictions: wrong };
}

function stateOf(line: Buffer, text: LineText, { state, fields }: Reference, program: Program): number {
  if (state === 'blank') return LineState.blank;
  if (program.linesOnly === true) {
    return line.length > program.lineBytesMax ? LineState.invalid : LineState.rare;
  }
  if (state === 'invalid' || line.length > program.lineBytesMax) return LineState.invalid;
  if (state === 'rare') return LineState.rare;
  if (program.predicate === undefined) return LineState.valid;
  const { tests } = program.predicate;
  const values = fieldValues(text, program);
  let next = 0;
  while (next >= 0) {
    const test = tests[next]!;
    const operand = { ...test, text: text.decode(Buffer.from(test.text)) };
    const verdict = holds(operand, fields[test.field]?.kind ?? Kind.missing, values[test.field]);
    if (verdict === undefined) return LineState.unsure;
    next = verdict ? test.onTrue : test.onFalse;
  }
  if (next === Exit.pass) return LineState.valid;
  return next === Exit.drop ? LineState.dropped : LineState.unsure;
}

function outcomeOf(state: number, { verdictOnly }: Program): number {
  if (state === LineState.blank || state === LineState.dropped) return Outcome.dropped;
  return verdictOnly && state === LineState.valid ? Outcome.passed : Outcome.pending;
}

function laneOf(
  state: number,
  line: Buffer,
  { fields }: Reference,
  { key }: Program,
  { laneOfGroup }: Lanes,
  laneBytes: readonly number[],
): number {
  if (key < 0 || state === LineState.blank) return 0;
  if (state === LineState.rare) return UNDECIDED;
  const found = state === LineState.invalid ? undefined : fields[key];
  if (found === undefined || found.kind === Kind.null) return laneBytes.indexOf(Math.min(...laneBytes));
  if (found.kind === Kind.escapedString) return UNDECIDED;
  return laneOfGroup[groupOfHash(murmur2(line.subarray(found.start, found.end)))]!;
}

function recordOf(
  line: number,
  start: number,
  { fields, spelling, insertAt, members }: Reference,
): Int32Array {
  const floats = new Float64Array(recordBytes(fields.length) / 8);
  const words = new Int32Array(floats.buffer);
  words[RecordWord.line] = line;
  words[RecordWord.spelling] = spelling;
  words[RecordWord.members] = members;
  words[RecordWord.insertAt] = insertAt > 0 ? start + insertAt : 0;
  for (const [field, found] of fields.entries()) {
    if (found === undefined) continue;
    const at = RECORD_WORDS + field * FIELD_WORDS;
    words[at + FieldWord.kind] = found.kind;
    words[at + FieldWord.start] = start + found.start;
    words[at + FieldWord.end] = start + found.end;
    floats[(at + FieldWord.value) / 2] = found.value;
  }
  return words;
}
