import type { Kernel, Scanned, ScannedSlot } from './kernel.ts';
import { groupOfHash, KEY_GROUPS } from './key-group.ts';
import { leastLoaded } from './least-loaded.ts';
import { LineState, Outcome, UNDECIDED } from './line-table.ts';
import { murmur2 } from './murmur2.ts';
import { PlainPredicate } from './plain-predicate.ts';
import { PlainWalk } from './plain-walk.ts';
import { Exit, type Program } from './program.ts';
import { FIELD_WORDS, FieldWord, Kind, RECORD_WORDS, RecordWord, recordBytes } from './records.ts';

/**
 * The plain engine: the kernel in TypeScript. It is the reference, and stands in where WebAssembly cannot be used.
 */

export class PlainKernel implements Kernel {
  readonly laneOfGroup = new Uint8Array(KEY_GROUPS);
  readonly laneBytes: Uint32Array;
  readonly #key: number;
  readonly #verdictOnly: boolean;
  readonly #lineBytesMax: number;
  readonly #linesOnly: boolean;
  readonly #walk: PlainWalk;
  readonly #predicate: PlainPredicate | undefined;
  readonly #recordWords: number;
  readonly #scanned: Scanned = { line: 0, position: 0, records: 0, undecided: false };

  constructor(program: Program, lanes: number) {
    this.laneBytes = new Uint32Array(lanes);
    this.#key = program.key;
    this.#verdictOnly = program.verdictOnly;
    this.#lineBytesMax = program.lineBytesMax;
    this.#linesOnly = program.linesOnly ?? false;
    this.#walk = new PlainWalk(program);
    this.#predicate = program.predicate === undefined ? undefined : new PlainPredicate(program.predicate);
    this.#recordWords = recordBytes(program.fields.length) / 4;
  }

  scan(slot: ScannedSlot, from: number, to: number, line: number, lineMax: number): Scanned {
    const { bytes, table } = slot;
    const scanned = this.#scanned;
    const roomWords = slot.records.length - this.#recordWords;
    let recordAt = 0;
    let start = from;
    scanned.undecided = false;
    for (; start < to && line < lineMax && recordAt <= roomWords; line++) {
      const state = this.#stateOf(bytes, start);
      const { end } = this.#walk;
      table.starts[line] = start;
      table.ends[line] = end;
      table.outcomes[line] = this.#outcomeOf(state);
      table.states[line] = state;
      table.lanes[line] = this.#laneOf(state, bytes, end - start);
      if (this.#goesOn(state)) {
        this.#write(slot, recordAt, line);
        recordAt += this.#recordWords;
      }
      start = end + 1;
    }
    scanned.line = line;
    scanned.position = start;
    scanned.records = recordAt / this.#recordWords;
    return scanned;
  }

  rescan(slot: ScannedSlot, line: number, to: number, lane: number): Scanned {
    const { bytes, table } = slot;
    const scanned = this.#scanned;
    const roomWords = slot.records.length - this.#recordWords;
    let recordAt = 0;
    for (; line < to; line++) {
      if (table.lanes[line] !== lane || !this.#goesOn(table.states[line]!)) continue;
      if (recordAt > roomWords) break;
      this.#walk.line(bytes, table.starts[line]!);
      this.#write(slot, recordAt, line);
      recordAt += this.#recordWords;
    }
    scanned.line = line;
    scanned.records = recordAt / this.#recordWords;
    scanned.undecided = false;
    return scanned;
  }

  /** Walks the line that begins at `start`, and decides the predicate. */
  #stateOf(bytes: Uint8Array, start: number): number {
    const state = this.#linesOnly ? this.#walk.skip(bytes, start) : this.#walk.line(bytes, start);
    if (state === LineState.blank) return state;
    if (this.#walk.end - start > this.#lineBytesMax) return LineState.invalid;
    if (state !== LineState.valid || this.#predicate === undefined) return state;
    const exit = this.#predicate.decide(this.#walk, bytes);
    if (exit === Exit.pass) return LineState.valid;
    return exit === Exit.drop ? LineState.dropped : LineState.unsure;
  }

  #outcomeOf(state: number): number {
    if (state === LineState.blank || state === LineState.dropped) return Outcome.dropped;
    return state === LineState.valid && this.#verdictOnly ? Outcome.passed : Outcome.pending;
  }

  /** Whether a line needs a record, because somebody will look at it. */
  #goesOn(state: number): boolean {
    return state === LineState.unsure || (state === LineState.valid && !this.#verdictOnly);
  }

  /** The lane of the line that was walked last, which is of so many bytes. */
  #laneOf(state: number, bytes: Uint8Array, length: number): number {
    if (state === LineState.blank) return 0;
    let lane = 0;
    if (this.#key >= 0) {
      const { kinds, starts, ends } = this.#walk;
      const kind = state === LineState.invalid ? Kind.missing : kinds[this.#key]!;
      if (state === LineState.rare || kind === Kind.escapedString) {
        this.#scanned.undecided = true;
        return UNDECIDED;
      }
      lane =
        kind === Kind.missing || kind === Kind.null
          ? leastLoaded(this.laneBytes)
          : this.laneOfGroup[groupOfHash(murmur2(bytes, starts[this.#key]!, ends[this.#key]!))]!;
    }
    this.laneBytes[lane]! += length;
    return lane;
  }

  /** Writes the record of the line that was walked last to `records[at..]`. */
  #write({ records, floats }: ScannedSlot, at: number, line: number): void {
    const { kinds, starts, ends, values, spelling, insertAt, members } = this.#walk;
    records[at + RecordWord.line] = line;
    records[at + RecordWord.spelling] = spelling;
    records[at + RecordWord.insertAt] = insertAt;
    records[at + RecordWord.members] = members;
    let fieldAt = at + RECORD_WORDS;
    for (let field = 0; field < kinds.length; field++, fieldAt += FIELD_WORDS) {
      const kind = kinds[field]!;
      const found = kind !== Kind.missing;
      records[fieldAt + FieldWord.kind] = kind;
      records[fieldAt + FieldWord.start] = found ? starts[field]! : 0;
      records[fieldAt + FieldWord.end] = found ? ends[field]! : 0;
      records[fieldAt + 3] = 0;
      floats[(fieldAt + FieldWord.value) >> 1] = kind === Kind.number ? values[field]! : 0;
    }
  }
}
