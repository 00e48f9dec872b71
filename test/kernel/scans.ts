import { expect } from 'vitest';
import type { Scanned } from '../../src/kernel/kernel.ts';
import { groupOfHash } from '../../src/kernel/key-group.ts';
import { murmur2 } from '../../src/kernel/murmur2.ts';
import { parsePath } from '../../src/kernel/path.ts';
import { Exit, Op, type Program, SpellingCheck, type Test } from '../../src/kernel/program.ts';
import { FIELD_WORDS, FieldWord, RECORD_WORDS, RecordWord } from '../../src/kernel/records.ts';
import type { Engine, LoadEngine } from './fuzz/engines.ts';

/** How the tests of the kernel let an engine scan some lines, and look at what it has found. */

interface FieldSeen {
  readonly kind: number;
  readonly text: string;
  readonly value: number;
}

export const NOTHING: Program = {
  fields: [],
  key: -1,
  predicate: undefined,
  spelling: SpellingCheck.none,
  verdictOnly: false,
  lineBytesMax: 1 << 20,
};

export function programOf(paths: readonly string[], others: Partial<Program> = {}): Program {
  return { ...NOTHING, fields: paths.map(parsePath), ...others };
}

export function scan({ kernel, slot }: Engine, text: string): Scanned {
  const bytes = Buffer.from(text);
  slot.bytes.set(bytes);
  return { ...kernel.scan(slot, 0, bytes.length, 0, bytes.length) };
}

/** The states of lines. */
export function statesOf(load: LoadEngine, program: Program, lines: readonly string[]): number[] {
  const engine = load(program, 1);
  const { line } = scan(engine, `${lines.join('\n')}\n`);
  expect(line).toBe(lines.length);
  return [...engine.slot.table.states.subarray(0, line)];
}

/** The fields of the only line. */
export function fieldsOf(load: LoadEngine, paths: readonly string[], line: string): FieldSeen[] {
  const engine = load(programOf(paths), 1);
  expect(scan(engine, `${line}\n`).records).toBe(1);
  const { bytes, records, floats } = engine.slot;
  return paths.map((_, field) => {
    const at = RECORD_WORDS + field * FIELD_WORDS;
    const text = bytes.slice(records[at + FieldWord.start], records[at + FieldWord.end]);
    return {
      kind: records[at + FieldWord.kind]!,
      text: Buffer.from(text).toString(),
      value: floats[(at + FieldWord.value) / 2]!,
    };
  });
}

/** A word of the only line's record. */
export function headOf(load: LoadEngine, spelling: SpellingCheck, line: string): readonly number[] {
  const engine = load(programOf(['a'], { spelling }), 1);
  expect(scan(engine, `${line}\n`).records).toBe(1);
  return [...engine.slot.records.subarray(0, RECORD_WORDS)];
}

export function spellingOf(load: LoadEngine, spelling: SpellingCheck, line: string): number {
  return headOf(load, spelling, line)[RecordWord.spelling]!;
}

/** The state of a line by a predicate of one test, which lets a line pass where it holds. */
export function stateBy(load: LoadEngine, own: Partial<Test>, line: string): number | undefined {
  const whole = {
    op: Op.unsure,
    field: 0,
    number: 0,
    text: '',
    onTrue: Exit.pass,
    onFalse: Exit.drop,
    ...own,
  };
  return statesOf(load, programOf(['a'], { predicate: { tests: [whole] } }), [line])[0];
}

/** An object of so many members. */
export function objectOf(members: number): string {
  return `{${Array.from({ length: members }, (_, at) => `"n${at}":0`).join()}}`;
}

/** As partition gives keys to groups; group g to lane g mod 3. */
export function laneOf(key: string): number {
  return groupOfHash(murmur2(Buffer.from(key))) % 3;
}
