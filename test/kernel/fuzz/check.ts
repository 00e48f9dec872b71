import type { Scanned, ScannedSlot } from '../../../src/kernel/kernel.ts';
import { UNDECIDED } from '../../../src/kernel/line-table.ts';
import type { Program } from '../../../src/kernel/program.ts';
import { recordBytes } from '../../../src/kernel/records.ts';
import { Random } from '../../../src/base/random.ts';
import type { Engine } from './engines.ts';
import { type Expected, type ExpectedLine, expect, type Lanes } from './expected.ts';

/**
 * Lets engines scan a chunk, in calls of random sizes, and compares every word that they write with what is expected, and
 * with what the others wrote.
 */

export interface Trial {
  readonly chunk: Buffer;
  readonly program: Program;
  readonly lanes: Lanes;
  /** Decides where in its slot the chunk is, and how far each call may go. */
  readonly seed: number;
}

/** Beside a chunk and in memory that is not written yet: what would be taken for JSON, and for numbers that make sense. */
const RUBBISH = Buffer.from('"}],1\\"a":{[');
const RUBBISH_WORD = 0x2a2a2a2a;
const TOLD_MAX = 5;
const EXCERPT_MAX = 1000;
/** Records that a call has room for when it has little. */
const FEW = 9;

/** The engines by name, all loaded for the trial's program. Returns all that is wrong, in words. */
export function check(engines: readonly (readonly [string, Engine])[], trial: Trial): string[] {
  const from = trial.seed % 131;
  const expected = expect(trial.chunk, from, trial.program, trial.lanes);
  const wrong = [...expected.contradictions];
  const checks = engines.map(([name, engine]) => [name, new Check(engine, trial, expected, from)] as const);
  for (const [name, own] of checks) wrong.push(...own.run().map(what => `${name}: ${what}`));
  const [first, ...others] = checks;
  for (const [name, { written }] of others) {
    const isSame = Buffer.concat(written).equals(Buffer.concat(first![1].written));
    if (!isSame) wrong.push(`${name} wrote other bytes than ${first![0]}`);
  }
  return wrong;
}

class Check {
  /** All records of all calls, and the table at the end. */
  readonly written: Uint8Array[] = [];
  readonly #engine: Engine;
  readonly #trial: Trial;
  readonly #expected: Expected;
  readonly #from: number;
  readonly #random: Random;
  readonly #recordWords: number;
  readonly #wrong: string[] = [];

  constructor(engine: Engine, trial: Trial, expected: Expected, from: number) {
    this.#engine = engine;
    this.#trial = trial;
    this.#expected = expected;
    this.#from = from;
    this.#random = new Random(trial.seed);
    this.#recordWords = recordBytes(trial.program.fields.length) / 4;
  }

  run(): string[] {
    this.#fillMemory();
    this.#scan();
    this.#keepTable();
    if (this.#wrong.length > 0) return this.#told();
    const { laneBytes } = this.#engine.kernel;
    if (this.#expected.laneBytes.some((bytes, lane) => laneBytes[lane] !== bytes)) {
      this.#wrong.push(`laneBytes is ${laneBytes.join()} instead of ${this.#expected.laneBytes.join()}`);
    }
    const lanes = new Set(this.#expected.lines.map(({ lane }) => lane));
    for (const lane of lanes) if (lane !== UNDECIDED) this.#rescan(lane);
    return this.#told();
  }

  #told(): string[] {
    return this.#wrong.slice(0, TOLD_MAX);
  }

  #keepTable(): void {
    const { starts, ends, outcomes, lanes, states } = this.#engine.slot.table;
    const rows = this.#expected.lines.length;
    for (const column of [starts, ends, outcomes, lanes, states])
      this.written.push(copyOf(column.subarray(0, rows)));
  }

  #fillMemory(): void {
    const { slot, kernel } = this.#engine;
    const { chunk, lanes } = this.#trial;
    const to = this.#from + chunk.length;
    const rows = this.#expected.lines.length + 1;
    for (let at = 0; at < this.#from; at++) slot.bytes[at] = RUBBISH[at % RUBBISH.length]!;
    for (let at = to; at < to + 256; at++) slot.bytes[at] = RUBBISH[at % RUBBISH.length]!;
    slot.bytes.set(chunk, this.#from);
    const { starts, ends, outcomes, lanes: laneOf, states } = slot.table;
    for (const column of [starts, ends, outcomes, laneOf, states]) column.fill(RUBBISH_WORD, 0, rows);
    slot.records.fill(RUBBISH_WORD, 0, Math.max(rows + 1, 2 * FEW) * this.#recordWords);
    kernel.laneOfGroup.set(lanes.laneOfGroup);
    kernel.laneBytes.set(lanes.bytes);
  }

  #scan(): void {
    const { kernel, slot } = this.#engine;
    const { lines } = this.#expected;
    const to = this.#from + this.#trial.chunk.length;
    for (let line = 0; line < lines.length; ) {
      const room = this.#room();
      const lineMax = this.#random.below(3) === 0 ? line + 1 + this.#random.below(9) : lines.length + 9;
      const begin = line;
      const records: Int32Array[] = [];
      while (line < lines.length && line < lineMax && records.length < room) {
        const { record } = lines[line++]!;
        if (record !== undefined) records.push(record);
      }
      const scanned = kernel.scan(this.#limited(room), lines[begin]!.start, to, begin, lineMax);
      const position = lines[line]?.start ?? to;
      const undecided = lines.slice(begin, line).some(({ lane }) => lane === UNDECIDED);
      const told = [scanned.line, scanned.position, scanned.records, scanned.undecided];
      const wanted = [line, position, records.length, undecided];
      if (told.join() !== wanted.join()) {
        this.#tell(
          begin,
          `scan of ${room} records up to ${lineMax} tells ${told.join()} instead of ${wanted.join()}`,
        );
        return;
      }
      for (let at = begin; at < line; at++) this.#compareRow(at, lines[at]!);
      if (slot.table.starts[line] !== RUBBISH_WORD)
        this.#tell(line - 1, 'the row after the last one is written');
      this.#compareRecords(scanned, records, room);
      if (this.#wrong.length > 0) return;
    }
  }

  #rescan(lane: number): void {
    const { kernel } = this.#engine;
    const { lines } = this.#expected;
    for (let line = 0; line < lines.length; ) {
      const room = this.#room();
      const to = Math.min(
        lines.length,
        this.#random.below(3) === 0 ? line + 1 + this.#random.below(99) : lines.length,
      );
      const begin = line;
      const records: Int32Array[] = [];
      for (; line < to; line++) {
        const { lane: own, record } = lines[line]!;
        if (own !== lane || record === undefined) continue;
        if (records.length === room) break;
        records.push(record);
      }
      const scanned = kernel.rescan(this.#limited(room), begin, to, lane);
      const told = [scanned.line, scanned.records, scanned.undecided];
      const wanted = [line, records.length, false];
      if (told.join() !== wanted.join()) {
        this.#tell(
          begin,
          `rescan of ${room} records for lane ${lane} up to ${to} tells ${told.join()} instead of ${wanted.join()}`,
        );
        return;
      }
      this.#compareRecords(scanned, records, room);
      if (this.#wrong.length > 0) return;
    }
    for (const [at, line] of lines.entries()) this.#compareRow(at, line);
  }

  /** Records that a call has room for: few, so that it must stop, or many. */
  #room(): number {
    const max = Math.floor(this.#engine.slot.records.length / this.#recordWords);
    return this.#random.below(3) === 0 ? 1 + this.#random.below(FEW) : max;
  }

  /** The slot with room for so many records, and for a part of one more. */
  #limited(room: number): ScannedSlot {
    const { slot } = this.#engine;
    const max = slot.records.length;
    const words = Math.min(max - (max % 2), room * this.#recordWords + (this.#trial.seed % 2) * 2);
    return { ...slot, records: slot.records.subarray(0, words), floats: slot.floats.subarray(0, words / 2) };
  }

  #compareRow(line: number, { start, end, outcome, lane, state }: ExpectedLine): void {
    const { starts, ends, outcomes, lanes, states } = this.#engine.slot.table;
    const isPlace = starts[line] === start && ends[line] === end;
    if (isPlace && outcomes[line] === outcome && lanes[line] === lane && states[line] === state) return;
    const told = [starts[line], ends[line], outcomes[line], lanes[line], states[line]];
    const wanted = [start, end, outcome, lane, state];
    this.#tell(line, `start, end, outcome, lane, state are ${told.join()} instead of ${wanted.join()}`);
  }

  #compareRecords(scanned: Scanned, wanted: readonly Int32Array[], room: number): void {
    const { records } = this.#engine.slot;
    const words = this.#recordWords;
    this.written.push(copyOf(records.subarray(0, scanned.records * words)));
    for (const [number, record] of wanted.entries()) {
      const told = records.subarray(number * words, (number + 1) * words);
      if (told.every((word, at) => word === record[at])) continue;
      this.#tell(record[0]!, `the record is ${told.join()} instead of ${record.join()}`);
    }
    // Records may be begun for lines that then need none, but not where there is no room for them.
    const beyond = room * words;
    if (room <= FEW && beyond + 2 < records.length && records[beyond + 2] !== RUBBISH_WORD) {
      this.#tell(0, 'a record is written where there is no room');
    }
    records.fill(RUBBISH_WORD, 0, Math.min(records.length, (wanted.length + 1) * words));
  }

  #tell(line: number, what: string): void {
    const { start, end } = this.#expected.lines[Math.max(0, line)]!;
    const text = this.#trial.chunk.subarray(start - this.#from, end - this.#from).toString('latin1');
    this.#wrong.push(`line ${line}: ${what}: ${JSON.stringify(text.slice(0, EXCERPT_MAX))}`);
  }
}

function copyOf(words: Uint8Array | Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice();
}
