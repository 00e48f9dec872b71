import { Exit, Op, type Predicate, type Test } from './program.ts';
import type { PlainWalk } from './plain-walk.ts';

/**
 * Decides a program's predicate by what a walk has found: the table of program.ts as a table.
 */

/** What a test comes to by the field's kind, in the order of `Kind`; `#` compares numbers, `"` text, `0` and `1` as these. */
const VERDICTS: Readonly<Record<Op, string>> = {
  //                   missing null false true number numberText string escapedString object array
  [Op.unsure]: '??????????',
  [Op.truthy]: '---+#?"+++',
  [Op.less]: '-001#?????',
  [Op.lessOrEqual]: '-001#?????',
  [Op.greater]: '-001#?????',
  [Op.greaterOrEqual]: '-001#?????',
  [Op.looseNumber]: '--01#?????',
  [Op.strictNumber]: '----#?----',
  [Op.looseText]: '--????"???',
  [Op.strictText]: '------"?--',
  [Op.nullish]: '++--------',
  [Op.isNull]: '-+--------',
  [Op.isFalse]: '--+-------',
  [Op.isTrue]: '---+------',
  [Op.exists]: '-+++++++++',
  [Op.startsWith]: '------"?-?',
  [Op.endsWith]: '------"?-?',
  [Op.includes]: '------"?-?',
  [Op.isObject]: '--------+-',
  [Op.isString]: '------++--',
};
const KINDS = 10;

const NO = code('-');
const YES = code('+');
const NUMBER = code('#');
const TEXT = code('"');
const AS_ZERO = code('0');
const AS_ONE = code('1');

const verdicts = new Uint8Array(KINDS * Object.keys(VERDICTS).length);
for (const [op, row] of Object.entries(VERDICTS)) verdicts.set(Buffer.from(row), Number(op) * KINDS);

function code(character: string): number {
  return character.charCodeAt(0);
}

export class PlainPredicate {
  readonly #tests: readonly Test[];
  readonly #texts: readonly Uint8Array[];

  constructor({ tests }: Predicate) {
    this.#tests = tests;
    this.#texts = tests.map(({ text }) => new TextEncoder().encode(text));
  }

  /** An `Exit` for the line that `walk` has walked last, and whose bytes are in `bytes`. */
  decide(walk: PlainWalk, bytes: Uint8Array): number {
    let at = 0;
    while (at >= 0) {
      const test = this.#tests[at]!;
      const { op, field } = test;
      let holds: boolean;
      switch (verdicts[op * KINDS + walk.kinds[field]!]) {
        case NO:
          holds = false;
          break;
        case YES:
          holds = true;
          break;
        case AS_ZERO:
          holds = compares(op, 0, test.number);
          break;
        case AS_ONE:
          holds = compares(op, 1, test.number);
          break;
        case NUMBER:
          holds = compares(op, walk.values[field]!, test.number);
          break;
        case TEXT:
          holds = looksLike(op, bytes, walk.starts[field]!, walk.ends[field]!, this.#texts[at]!);
          break;
        default:
          return Exit.unsure;
      }
      at = holds ? test.onTrue : test.onFalse;
    }
    return at;
  }
}

function compares(op: number, value: number, operand: number): boolean {
  switch (op) {
    case Op.truthy:
      return value !== 0;
    case Op.less:
      return value < operand;
    case Op.lessOrEqual:
      return value <= operand;
    case Op.greater:
      return value > operand;
    case Op.greaterOrEqual:
      return value >= operand;
    default:
      return value === operand;
  }
}

/** Whether `bytes[start..end)` passes a test that looks into strings. */
function looksLike(op: number, bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  const room = end - start - text.length;
  switch (op) {
    case Op.truthy:
      return end > start;
    case Op.startsWith:
      return room >= 0 && isAt(bytes, start, text);
    case Op.endsWith:
      return room >= 0 && isAt(bytes, end - text.length, text);
    case Op.includes:
      for (let at = start; at <= start + room; at++) if (isAt(bytes, at, text)) return true;
      return false;
    default:
      return room === 0 && isAt(bytes, start, text);
  }
}

function isAt(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  const { length } = text;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== text[at]) return false;
  return true;
}
