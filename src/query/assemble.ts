import { PREDICATE_TESTS_MAX } from '../base/limits.ts';
import { parsePath, type ValuePath } from '../kernel/path.ts';
import { Exit, Op, type Predicate, type Test } from '../kernel/program.ts';
import type { Condition } from './condition.ts';

/**
 * Turns a condition into the kernel's code. The code is written from its end to its beginning, because a test names what
 * comes after it: `A && B` is first B, and then A, which goes on at B.
 */

export interface CompiledPredicate {
  /** The values that the tests look at; the number of a field is its place here. */
  readonly fields: ValuePath[];
  readonly predicate: Predicate;
}

interface PlacedTest {
  readonly condition: Condition & { kind: 'test' };
  /** Where to go on: the place of a test that was written before, or an `Exit`. */
  readonly onTrue: number;
  readonly onFalse: number;
}

const UNSURE_TEST: Test = {
  op: Op.unsure,
  field: 0,
  number: 0,
  text: '',
  onTrue: Exit.unsure,
  onFalse: Exit.unsure,
};

/** The code for `condition`: yes passes a line, no drops it. */
export function assemble(condition: Condition): CompiledPredicate {
  const placed: PlacedTest[] = [];
  const entry = place(condition, Exit.pass, Exit.drop, placed);
  const order = reachable(placed, entry);
  if (order.length === 0 || order.length > PREDICATE_TESTS_MAX) {
    return { fields: [], predicate: { tests: [UNSURE_TEST] } };
  }
  const targets = new Map(order.map((at, number) => [at, number]));
  const fields = new Map<string, number>();
  const tests = order.map((at): Test => {
    const { condition: is, onTrue, onFalse } = placed[at]!;
    if (!fields.has(is.pointer)) fields.set(is.pointer, fields.size);
    return {
      op: is.op,
      field: fields.get(is.pointer)!,
      number: is.number,
      text: is.text,
      onTrue: targets.get(onTrue) ?? onTrue,
      onFalse: targets.get(onFalse) ?? onFalse,
    };
  });
  return { fields: [...fields.keys()].map(pointer => parsePath(pointer)), predicate: { tests } };
}

/** The tests that can be reached from `entry`, in the order in which they come; what stands behind an unsure one is left out. */
function reachable(placed: readonly PlacedTest[], entry: number): number[] {
  const reached = new Set([entry]);
  const order: number[] = [];
  for (let at = entry; at >= 0; at--) {
    if (!reached.has(at)) continue;
    order.push(at);
    reached.add(placed[at]!.onTrue).add(placed[at]!.onFalse);
  }
  return order;
}

/** Whether there are lines that the code can decide. */
export function decides({ tests }: Predicate): boolean {
  const verdicts: ReadonlySet<number> = new Set([Exit.pass, Exit.drop]);
  return tests.some(({ onTrue, onFalse }) => verdicts.has(onTrue) || verdicts.has(onFalse));
}

/** Writes the code for `condition`; returns the place of its first test, which is written last, or an `Exit`. */
function place(condition: Condition, onTrue: number, onFalse: number, placed: PlacedTest[]): number {
  switch (condition.kind) {
    case 'constant':
      return condition.value ? onTrue : onFalse;
    case 'unsure':
      return Exit.unsure;
    case 'test':
      return placed.push({ condition, onTrue, onFalse }) - 1;
    case 'not':
      return place(condition.of, onFalse, onTrue, placed);
    case 'all':
      return condition.of.reduceRight((next, operand) => place(operand, next, onFalse, placed), onTrue);
    case 'any':
      return condition.of.reduceRight((next, operand) => place(operand, onTrue, next, placed), onFalse);
    default: {
      const yes = place(condition.yes, onTrue, onFalse, placed);
      const no = place(condition.no, onTrue, onFalse, placed);
      return place(condition.test, yes, no, placed);
    }
  }
}
