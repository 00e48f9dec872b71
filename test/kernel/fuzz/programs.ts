import { parsePath, type ValuePath } from '../../../src/kernel/path.ts';
import {
  Exit,
  Op,
  type Predicate,
  type Program,
  type SpellingCheck,
  type Test,
} from '../../../src/kernel/program.ts';
import type { Random } from '../../../src/base/random.ts';
import { parsed } from './truth.ts';

/** Random programs that have something to find in given lines: their paths, and their values to compare with. */

const NAMES = [
  'a',
  'b',
  'c',
  'id',
  'user',
  'name',
  '0',
  '1',
  '01',
  '',
  'é',
  '__proto__',
  'length',
  'constructor',
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  200,
  1e15,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
];
const TEXTS = ['', 'a', 'GET', 'x', '0', 'null', 'é', '😀', '\u0000', '\\', '"'];
const OPS = Object.values(Op);
const VALUES_MAX = 4000;

export class ProgramMaker {
  readonly #random: Random;
  /** Names from the root to some value. */
  readonly #paths: (readonly string[])[] = [];
  readonly #numbers: number[] = [...NUMBERS];
  readonly #texts: string[] = [...TEXTS];

  constructor(random: Random, lines: readonly Buffer[]) {
    this.#random = random;
    for (const line of lines) {
      if (this.#paths.length < VALUES_MAX) this.#learn(parsed(line.toString())?.value, []);
    }
  }

  program(): Program {
    const fields = this.#fields();
    const hasPredicate = this.#random.below(3) > 0;
    return {
      fields,
      key: this.#random.below(3) === 0 ? -1 : this.#random.below(fields.length + 1) - 1,
      predicate: hasPredicate ? this.#predicate(fields.length) : undefined,
      spelling: this.#random.below(4) as SpellingCheck,
      verdictOnly: this.#random.below(5) === 0,
      lineBytesMax: this.#random.below(8) === 0 ? this.#random.below(400) : 2 ** 20,
      linesOnly: fields.length === 0 && !hasPredicate && this.#random.below(2) === 0,
    };
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!;
  }

  #learn(value: unknown, names: readonly string[]): void {
    if (names.length > 0) this.#paths.push(names);
    if (typeof value === 'number') this.#numbers.push(value);
    if (typeof value === 'string') this.#texts.push(value);
    if (typeof value !== 'object' || value === null || names.length > 6) return;
    for (const [name, inner] of Object.entries(value)) this.#learn(inner, [...names, name]);
  }

  /** None of them twice; some go on where others end. */
  #fields(): ValuePath[] {
    const pointers = new Set<string>();
    const taken: (readonly string[])[] = [];
    for (let count = this.#random.below(9); count > 0; count--) {
      const names = this.#names(taken);
      taken.push(names);
      pointers.add(names.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
    }
    return [...pointers].map(parsePath);
  }

  #names(taken: readonly (readonly string[])[]): readonly string[] {
    const choice = this.#random.below(10);
    const base =
      taken.length > 0 && choice < 3
        ? this.#pick(taken)
        : this.#paths.length > 0
          ? this.#pick(this.#paths)
          : ['a'];
    if (choice < 1) return base.slice(0, 1 + this.#random.below(base.length));
    if (choice < 3) return [...base, this.#pick(NAMES)];
    if (choice < 8) return base;
    return Array.from({ length: 1 + this.#random.below(3) }, () => this.#pick(NAMES));
  }

  #predicate(fields: number): Predicate {
    const count = 1 + this.#random.below(5);
    return { tests: Array.from({ length: count }, (_, at) => this.#test(fields, at, count)) };
  }

  #test(fields: number, at: number, count: number): Test {
    return {
      op: fields === 0 ? Op.unsure : this.#pick(OPS),
      field: fields === 0 ? 0 : this.#random.below(fields),
      number: this.#pick(this.#numbers),
      text: this.#text(),
      onTrue: this.#next(at, count),
      onFalse: this.#next(at, count),
    };
  }

  #next(at: number, count: number): number {
    const choice = this.#random.below(8);
    if (choice === 0) return Exit.unsure;
    if (choice < 4 && at + 1 < count) return at + 1 + this.#random.below(count - at - 1);
    return choice % 2 === 0 ? Exit.pass : Exit.drop;
  }

  /** Something that is in the lines, or a piece of it; without lone surrogates, as the contract has it. */
  #text(): string {
    const characters = Array.from(this.#pick(this.#texts));
    const from = this.#random.below(2) * this.#random.below(characters.length + 1);
    const to = from + this.#random.below(12);
    const text = this.#random.below(2) === 0 ? characters : characters.slice(from, to);
    return Buffer.from(text.join('')).toString();
  }
}
