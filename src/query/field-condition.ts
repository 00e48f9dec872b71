import { Op } from '../kernel/program.ts';
import type { Primitive } from './ast.ts';
import { all, any, choose, type Condition, decidedFirst, NO, not, test, UNSURE } from './condition.ts';
import { isWellFormed } from './field-path.ts';

/**
 * What JavaScript's operators mean for one field, in tests of the kernel. The field stands for the value that JSON.parse
 * gives, or undefined where it is missing; each condition is exactly the operator's answer, or unsure.
 */

/** The operators that compare, each with the one that says the same of the operands the other way round. */
export const FLIPPED: ReadonlyMap<string, string> = new Map([
  ['==', '=='],
  ['!=', '!='],
  ['===', '==='],
  ['!==', '!=='],
  ['<', '>'],
  ['<=', '>='],
  ['>', '<'],
  ['>=', '<='],
]);

const ORDER: ReadonlyMap<string, Op> = new Map<string, Op>([
  ['<', Op.less],
  ['<=', Op.lessOrEqual],
  ['>', Op.greater],
  ['>=', Op.greaterOrEqual],
]);

/** `field <operator> value`. */
export function compare(pointer: string, operator: string, value: Primitive): Condition {
  switch (operator) {
    case '==':
      return looselyEqual(pointer, value);
    case '!=':
      return not(looselyEqual(pointer, value));
    case '===':
      return strictlyEqual(pointer, value);
    case '!==':
      return not(strictlyEqual(pointer, value));
    default:
      return ordered(pointer, ORDER.get(operator), value);
  }
}

/** Whether one of `values` is the field's: `[values].includes(field)`. */
export function isOneOf(pointer: string, values: readonly Primitive[]): Condition {
  return any(decidedFirst(values.map(value => strictlyEqual(pointer, value))));
}

/** `typeof field === type`. */
export function hasType(pointer: string, type: string): Condition {
  const is = (op: Op): Condition => test(pointer, op);
  // Only numbers and arrays are left when it is asked: a number is one or the other, and of an array it is unsure.
  const isNumber = test(pointer, Op.lessOrEqual, Number.POSITIVE_INFINITY);
  switch (type) {
    case 'undefined':
      return not(is(Op.exists));
    case 'string':
      return is(Op.isString);
    case 'boolean':
      return any([is(Op.isTrue), is(Op.isFalse)]);
    case 'number':
      return all([
        ...[Op.isNull, Op.isTrue, Op.isFalse, Op.isString, Op.isObject].map(op => not(is(op))),
        isNumber,
      ]);
    case 'object':
      return any([
        is(Op.isObject),
        is(Op.isNull),
        all([
          is(Op.exists),
          ...[Op.isTrue, Op.isFalse, Op.isString].map(op => not(is(op))),
          choose(isNumber, NO, UNSURE),
        ]),
      ]);
    default:
      return NO;
  }
}

function looselyEqual(pointer: string, value: Primitive): Condition {
  if (value === null || value === undefined) return test(pointer, Op.nullish);
  if (typeof value === 'string') return isWellFormed(value) ? test(pointer, Op.looseText, value) : UNSURE;
  return equalNumber(pointer, Op.looseNumber, Number(value));
}

function strictlyEqual(pointer: string, value: Primitive): Condition {
  if (value === undefined) return not(test(pointer, Op.exists));
  if (value === null) return test(pointer, Op.isNull);
  if (typeof value === 'boolean') return test(pointer, value ? Op.isTrue : Op.isFalse);
  if (typeof value === 'string') return isWellFormed(value) ? test(pointer, Op.strictText, value) : UNSURE;
  return equalNumber(pointer, Op.strictNumber, value);
}

/**
 * JSON has no NaN, so that nothing is identical to it, not even in `includes`, where NaN is. Where operands are converted,
 * the conversion of an object may throw in a handler, though whatever it gives is not equal to NaN.
 */
function equalNumber(pointer: string, op: Op, value: number): Condition {
  if (Number.isNaN(value)) return op === Op.strictNumber ? NO : UNSURE;
  return test(pointer, op, value === 0 ? 0 : value);
}

/** Texts are ordered by their UTF-16 code units, which the kernel does not see; NaN is as above. */
function ordered(pointer: string, op: Op | undefined, value: Primitive): Condition {
  const number = typeof value === 'string' ? Number.NaN : Number(value);
  return op === undefined || Number.isNaN(number) ? UNSURE : test(pointer, op, number === 0 ? 0 : number);
}
