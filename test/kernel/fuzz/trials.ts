import { inspect } from 'node:util';
import { KEY_GROUPS } from '../../../src/kernel/key-group.ts';
import { parsePath } from '../../../src/kernel/path.ts';
import { Exit, Op, type Program, SpellingCheck } from '../../../src/kernel/program.ts';
import { Random } from '../../../src/base/random.ts';
import { check, type Trial } from './check.ts';
import { type Engine, type LoadEngine, SLOT_BYTES } from './engines.ts';
import type { Lanes } from './expected.ts';
import { LineMaker } from './lines.ts';
import { ProgramMaker } from './programs.ts';
import { HOLES, INVALID, NOT_UTF8, nested, VALID } from './trouble.ts';

/** The trials that engines go through: some that try all of something, and random ones. */

const NEWLINE = Buffer.from('\n');
/** Put behind each bad line, which must not spoil it. */
const GOOD = Buffer.from('{"a":1,"b":{"c":"x"},"user":{"name":"é","tags":[1,{"id":2}]}}\n');
const PADDING_MAX = 130;
const CHUNK_BYTES = SLOT_BYTES - 1024;

/** One that looks at everything, one with a predicate and nothing else, one that looks at nothing. */
export const PROGRAMS: readonly Program[] = [
  {
    fields: 'a,b,a.b,a.c,a.2,a.0,a.1.0,a.2.b,b.c,user.name,user.tags.1.id,/0,/x/a,/'
      .split(',')
      .map(parsePath),
    key: 8,
    predicate: undefined,
    spelling: SpellingCheck.all,
    verdictOnly: false,
    lineBytesMax: SLOT_BYTES,
  },
  {
    fields: ['a', 'a.b', 'a.0'].map(parsePath),
    key: 0,
    predicate: {
      tests: [
        { op: Op.isObject, field: 0, number: 0, text: '', onTrue: Exit.pass, onFalse: 1 },
        { op: Op.greater, field: 0, number: 0.5, text: '', onTrue: Exit.pass, onFalse: Exit.drop },
      ],
    },
    spelling: SpellingCheck.names,
    verdictOnly: true,
    lineBytesMax: 100,
  },
  {
    fields: [],
    key: -1,
    predicate: undefined,
    spelling: SpellingCheck.all,
    verdictOnly: false,
    lineBytesMax: SLOT_BYTES,
  },
];

export interface Outcome {
  readonly trials: number;
  readonly bytes: number;
  /** What was wrong, in words; trials after the first few of these are not run. */
  readonly wrong: readonly string[];
}

const WRONG_MAX = 20;

/** Runs all `trials`. */
export function run(engines: readonly (readonly [string, LoadEngine])[], trials: Iterable<Trial>): Outcome {
  const wrong: string[] = [];
  let count = 0;
  let bytes = 0;
  let loaded: (readonly [string, Engine])[] = [];
  let last: Trial | undefined;
  for (const trial of trials) {
    // What was scanned before by the same kernel must make no difference.
    if (trial.program !== last?.program || trial.lanes !== last.lanes) {
      loaded = engines.map(([name, load]) => [name, load(trial.program, trial.lanes.count)]);
    }
    last = trial;
    const found = check(loaded, trial).map(what => `trial ${count}: ${what}`);
    wrong.push(...found);
    if (found.length > 0) wrong.push(`trial ${count}: the program was ${described(trial.program)}`);
    count++;
    bytes += trial.chunk.length;
    if (wrong.length > WRONG_MAX) break;
  }
  return { trials: count, bytes, wrong };
}

function described({ fields, ...program }: Program): string {
  return inspect({ ...program, fields: fields.map(({ text }) => text) }, { depth: 4, breakLength: Infinity });
}

/** Every troublesome value, alone and inside others, behind every number of bytes up to 130. */
export function* troubleTrials(): Generator<Trial> {
  const pieces = [...VALID, ...INVALID, ...NOT_UTF8].filter(({ length }) => length < 100);
  for (let padding = 0; padding <= PADDING_MAX; padding++) {
    const pad = 'x'.repeat(padding);
    const contexts = [
      [' '.repeat(padding), ''],
      [`{"${pad}":`, '}'],
      [`{"x":"${pad}","a":`, ',"b":1}'],
      [`["${pad}",`, ']'],
    ] as const;
    for (const [at, [before, after]] of contexts.entries()) {
      const program = PROGRAMS[(padding + at) % PROGRAMS.length]!;
      const lines = pieces.flatMap(piece => [Buffer.from(before), piece, Buffer.from(after), NEWLINE, GOOD]);
      yield { chunk: Buffer.concat(lines), program, lanes: lanesOf(padding), seed: padding };
    }
  }
}

/** Every byte wherever the grammar decides about one. */
export function* byteTrials(): Generator<Trial> {
  for (const [seed, [before, after]] of HOLES.entries()) {
    const lines = Array.from({ length: 256 }, (_, byte) => [before, Buffer.of(byte), after, NEWLINE]);
    for (const program of PROGRAMS) {
      yield { chunk: Buffer.concat(lines.flat()), program, lanes: lanesOf(seed), seed };
    }
  }
}

const OPERANDS = [0, -0, 1, -1, 0.1, 9, 1e22, 999999999999999, Number.NaN, Infinity, -Infinity];
/** The last ones go on where a string ends or begins. */
const TEXTS = [
  '',
  ...'a é € 😀 x xx b:c 1,2 0 null \u2028 \u007f "a" a" a"} "a :"a'.split(' '),
  'x'.repeat(15),
  'x'.repeat(64),
];

/** Every operation, with operands of every kind, for every valid value. */
export function* predicateTrials(): Generator<Trial> {
  const values = VALID.filter(({ length }) => length < 100);
  const lines = values.flatMap(value => [Buffer.from('{"b":1,"a":'), value, Buffer.from('}\n')]);
  const chunk = Buffer.concat([...lines, Buffer.from('{"b":1}\n{"a":{"b":1}}\n')]);
  for (const [seed, op] of Object.values(Op).entries()) {
    const operands = OPERANDS.map(number => ({ number, text: '' }));
    const texts = TEXTS.map(text => ({ number: 0, text }));
    for (const operand of [...operands, ...texts]) {
      const test = { op, field: 0, ...operand, onTrue: Exit.pass, onFalse: Exit.drop };
      const program = { ...PROGRAMS[0]!, fields: [parsePath('a')], key: -1, predicate: { tests: [test] } };
      yield { chunk, program, lanes: lanesOf(seed), seed };
    }
  }
}

/** Containers inside one another, fewer and more than the kernel walks, and very long values. */
export function* longTrials(): Generator<Trial> {
  const long = [
    ...[500, 999, 1000, 1001, 1002, 100_000].flatMap(nested),
    ...[499, 500, 501].map(depth => Buffer.from(`${'{"a":['.repeat(depth)}0${']}'.repeat(depth)}`)),
    ...VALID.filter(({ length }) => length >= 100).flatMap(piece => [
      piece,
      Buffer.concat([Buffer.from('{"x":[],"a":'), piece, Buffer.from(',"b":1}')]),
    ]),
    Buffer.from(`{"a":"${'é'.repeat(100_000)}","b":{"c":"${'\\u00e9'.repeat(10_000)}"}}`),
    Buffer.from(`{"a":[${'0,'.repeat(50_000)}1],"b":1}`),
    Buffer.from(' \t\r'.repeat(50_000)),
    Buffer.from(`{"b":[${'{"x":1,"y":2},'.repeat(600)}{}],"c":1,"d":{"x":1}}`),
    Buffer.from(manyNames(70, 20)),
    Buffer.from(manyNames(60, 17)),
    Buffer.from(manyNames(60, 18)),
    Buffer.from(manyNames(64, 16)),
    Buffer.from(manyNames(64, 1)),
    Buffer.from(manyNames(65, 1)),
  ];
  for (const [seed, line] of long.entries()) {
    for (const program of PROGRAMS) {
      for (const spelled of [program, { ...program, lineBytesMax: line.length - (seed % 2) }]) {
        yield { chunk: Buffer.concat([line, NEWLINE, GOOD]), program: spelled, lanes: lanesOf(seed), seed };
      }
    }
  }
  yield { chunk: Buffer.from('\n'.repeat(16_000)), program: PROGRAMS[0]!, lanes: lanesOf(3), seed: 3 };
}

/** `lines` cut off at every byte, and with every byte replaced by some that mean something. */
export function* damageTrials(lines: readonly Buffer[]): Generator<Trial> {
  const replacements = Buffer.from('"\\{}[],: \t\n0-.eun\u0000\u001f');
  for (const [seed, line] of lines.entries()) {
    for (const program of PROGRAMS) {
      const cut = Array.from(line, (_, at) => [line.subarray(0, at), NEWLINE, line, NEWLINE]);
      const replaced = Array.from(line, (byte, at) =>
        [...replacements, byte ^ 0x20, byte ^ 0x80].flatMap(other => [
          line.subarray(0, at),
          Buffer.of(other),
          line.subarray(at + 1),
          NEWLINE,
        ]),
      );
      for (const chunk of chunks([...cut, ...replaced])) yield { chunk, program, lanes: lanesOf(seed), seed };
    }
  }
}

/** Groups of lines in chunks that find room in a slot. */
function* chunks(groups: readonly (readonly Buffer[])[]): Generator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for (const group of groups) {
    const length = group.reduce((sum, part) => sum + part.length, 0);
    if (bytes + length > CHUNK_BYTES) {
      yield Buffer.concat(parts);
      parts = [];
      bytes = 0;
    }
    parts.push(...group);
    bytes += length;
  }
  yield Buffer.concat(parts);
}

/** Random chunks of what can be made of `lines`, a few for each of as many random programs. */
export function* randomTrials(seed: number, programs: number, lines: readonly Buffer[]): Generator<Trial> {
  const random = new Random(seed);
  const lineMaker = new LineMaker(random, lines);
  const programMaker = new ProgramMaker(random, lines);
  for (let count = 0; count < programs; count++) {
    const program = programMaker.program();
    const lanes = lanesOf(random.below(1000));
    for (let chunk = 0; chunk < 3; chunk++) {
      const bytes = lineMaker.chunk(40);
      if (bytes.length <= CHUNK_BYTES) yield { chunk: bytes, program, lanes, seed: random.below(2 ** 32) };
    }
  }
}

function lanesOf(seed: number): Lanes {
  const random = new Random(seed);
  const count = [1, 2, 3, 9, 254][random.below(5)]!;
  const laneOfGroup = Uint8Array.from({ length: KEY_GROUPS }, () => random.below(count));
  // Now as good as equal, now with some lanes that get nothing without need.
  const most = random.below(2) === 0 ? 50 : 2 ** 31;
  return { count, laneOfGroup, bytes: Array.from({ length: count }, () => random.below(most)) };
}

/** Objects with so many members each, the last of which is the next object. */
function manyNames(members: number, objects: number): string {
  const names = Array.from({ length: members - 1 }, (_, at) => `"n${at}":${at}`).join(',');
  return `${`{${names},"n":`.repeat(objects)}0${'}'.repeat(objects)}`;
}
