import type { MemberExpression } from 'acorn';
import { Op } from '../kernel/program.ts';
import { bare, type Operand, unchained } from './ast.ts';
import { choose, type Condition, test, UNSURE, whenMissing } from './condition.ts';
import { pointerOf } from './field-path.ts';

/**
 * Reading a member as JavaScript itself does it, where a member of null or undefined is an error, unless `?.` stands
 * before it: wherever JavaScript would throw, or would find a member that the event only inherits, the answer is unsure.
 */

/**
 * What a step to the next member does where the value before it is null or undefined. `ends`: the chain of `?.` that it
 * belongs to is undefined; `throws`: it is an error.
 */
export type Step = 'ends' | 'throws';

export interface StrictRead {
  readonly names: readonly string[];
  /** For each name how it is reached. */
  readonly steps: readonly Step[];
  /** What is asked of the value, in tests of its own field. */
  readonly leaf: Condition;
  /** The answer where the chain has ended before the value. */
  readonly ended: Condition;
}

/** The names that lead from the event to the value of an operand, or undefined where it is not simply a path. */
export type OperandPath = (operand: Operand) => readonly string[] | undefined;

const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Members that an event has which is no object: of texts, arrays, numbers and booleans. */
const OF_OTHERS: ReadonlySet<string> = new Set(
  [String, Array, Number, Boolean].flatMap(type => Object.getOwnPropertyNames(type.prototype)),
);

/** The steps to the value of `node`, for which `pathOf` gives `count` names. */
export function stepsTo(node: Operand, count: number, pathOf: OperandPath): Step[] {
  const inner = unchained(node);
  if (inner.type === 'MemberExpression') {
    const before = pathOf(inner.object);
    if (before?.length === count - 1) return stepsToMember(inner, before.length, pathOf);
  }
  return Array.from({ length: count }, () => 'throws');
}

/** The steps to the member that `node` reads, of a value that is reached by `count` names. */
export function stepsToMember(node: MemberExpression, count: number, pathOf: OperandPath): Step[] {
  const step: Step = node.optional ? 'ends' : 'throws';
  const before = stepsTo(node.object, count, pathOf);
  // Parentheses end a chain: in `(a?.b).c` it is undefined that has no member `c`.
  return [...(bare(node.object).type === 'ChainExpression' ? endedBy(before, step) : before), step];
}

/** The steps of a chain that is over, and whose value the step `next` is taken from. */
export function endedBy(steps: readonly Step[], next: Step): Step[] {
  return steps.map(step => (step === 'ends' ? next : 'throws'));
}

/** The condition on a value; `isRootObject` says whether the event is known to be an object. */
export function readStrictly(read: StrictRead, isRootObject: boolean): Condition {
  const { names, steps, leaf, ended } = read;
  if (names.some(name => INHERITED.has(name))) return UNSURE;
  let condition = leaf;
  for (let at = names.length - 1; at > 0; at--) {
    const parent = pointerOf(names.slice(0, at));
    const other = steps[at] === 'ends' ? choose(test(parent, Op.nullish), ended, UNSURE) : UNSURE;
    condition = choose(test(parent, Op.isObject), condition, other);
  }
  // A first member that must be an object says already that the event is one.
  if (isRootObject || steps[1] === 'throws') return condition;
  return choose(test(pointerOf(names.slice(0, 1)), Op.exists), condition, withoutFirst(read));
}

/** The answer where the first member is missing: the event may be null, or a text, as well as an object without it. */
function withoutFirst({ names, steps, leaf, ended }: StrictRead): Condition {
  if (steps[0] === 'throws' || OF_OTHERS.has(names[0]!)) return UNSURE;
  const missing = names.length === 1 ? whenMissing(leaf) : ended;
  return missing === ended ? ended : UNSURE;
}
