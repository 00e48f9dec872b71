import { Op } from '../kernel/program.ts';

/**
 * Conditions on an event in the terms of the kernel: what stands between an expression and the short-circuit code that is
 * made of it. A condition is yes, no, or unsure, which is the answer of whatever only JavaScript can tell; the first
 * `unsure` that is reached makes the whole one unsure.
 */
export type Condition = Unsure | Constant | FieldTest | Not | Chain | Choice;

/** How much of a condition the code can decide, so that what it can comes first. */
export const Doubt = { none: 0, some: 1, all: 2 } as const;
export type Doubt = (typeof Doubt)[keyof typeof Doubt];

interface Unsure {
  readonly kind: 'unsure';
  readonly doubt: typeof Doubt.all;
}

interface Constant {
  readonly kind: 'constant';
  readonly doubt: typeof Doubt.none;
  readonly value: boolean;
}

/** A test of program.ts. */
interface FieldTest {
  readonly kind: 'test';
  readonly doubt: typeof Doubt.none;
  /** The field, as a JSON Pointer. */
  readonly pointer: string;
  readonly op: Op;
  readonly number: number;
  readonly text: string;
}

interface Not {
  readonly kind: 'not';
  readonly doubt: Doubt;
  readonly of: Condition;
}

/** Operands that are looked at one after the other, until one is no (`all`) or yes (`any`). */
interface Chain {
  readonly kind: 'all' | 'any';
  readonly doubt: Doubt;
  readonly of: readonly Condition[];
}

interface Choice {
  readonly kind: 'choice';
  readonly doubt: Doubt;
  readonly test: Condition;
  readonly yes: Condition;
  readonly no: Condition;
}

export const UNSURE: Condition = { kind: 'unsure', doubt: Doubt.all };
export const YES: Condition = { kind: 'constant', doubt: Doubt.none, value: true };
export const NO: Condition = { kind: 'constant', doubt: Doubt.none, value: false };

export function constant(value: boolean): Condition {
  return value ? YES : NO;
}

export function test(pointer: string, op: Op, operand: number | string = 0): Condition {
  const number = typeof operand === 'number' ? operand : 0;
  const text = typeof operand === 'string' ? operand : '';
  return { kind: 'test', doubt: Doubt.none, pointer, op, number, text };
}

export function not(of: Condition): Condition {
  if (of.kind === 'constant') return constant(!of.value);
  if (of.kind === 'not') return of.of;
  return of.kind === 'unsure' ? of : { kind: 'not', doubt: of.doubt, of };
}

export function all(operands: readonly Condition[]): Condition {
  return chain('all', operands);
}

export function any(operands: readonly Condition[]): Condition {
  return chain('any', operands);
}

/** The operands so that what can be decided comes first; those that are alike keep their order. */
export function decidedFirst(operands: readonly Condition[]): Condition[] {
  return operands.toSorted((one, other) => one.doubt - other.doubt);
}

export function choose(on: Condition, yes: Condition, no: Condition): Condition {
  if (on.kind === 'constant') return on.value ? yes : no;
  if (on.kind === 'unsure' || (yes.kind === 'unsure' && no.kind === 'unsure')) return UNSURE;
  const doubt = on.doubt + yes.doubt + no.doubt === 0 ? Doubt.none : Doubt.some;
  return { kind: 'choice', doubt, test: on, yes, no };
}

/** What `condition`, of whose tests all look at one field, is where that field is missing. */
export function whenMissing(condition: Condition): Condition {
  switch (condition.kind) {
    case 'test':
      return constant(condition.op === Op.nullish);
    case 'not':
      return not(whenMissing(condition.of));
    case 'all':
      return all(condition.of.map(whenMissing));
    case 'any':
      return any(condition.of.map(whenMissing));
    case 'choice':
      return choose(whenMissing(condition.test), whenMissing(condition.yes), whenMissing(condition.no));
    default:
      return condition;
  }
}

function chain(kind: 'all' | 'any', operands: readonly Condition[]): Condition {
  const neutral = kind === 'all';
  const of: Condition[] = [];
  for (const operand of operands) {
    if (operand.kind === 'constant' && operand.value === neutral) continue;
    of.push(operand);
    // Nothing is looked at after an operand that always ends the chain.
    if (operand.kind === 'constant') break;
  }
  const [first] = of;
  if (first === undefined) return constant(neutral);
  if (of.length === 1 || first.kind === 'unsure') return first;
  return { kind, doubt: of.every(({ doubt }) => doubt === Doubt.none) ? Doubt.none : Doubt.some, of };
}
