import type { Expression } from 'acorn';
import { assemble, type CompiledPredicate, decides } from './assemble.ts';
import { constantOf, operandsOf, unchained } from './ast.ts';
import { ConditionReader, type PathOf } from './read-condition.ts';

/** Compiles an expression over the event to the kernel's short-circuit code. */

export type { CompiledPredicate } from './assemble.ts';

export interface CompileOptions {
  /**
   * The names that lead from the event to the value of `node` (none for the event itself), or undefined where the node is
   * not simply a path. It is asked for nodes without the parentheses and the mark of an optional chain around them.
   */
  readonly pathOf: PathOf;
  /**
   * false: the rules of `--where`, where optional chaining is implied, only own members are seen, and nothing throws.
   * true: JavaScript's own. The code is unsure wherever JavaScript would throw, and wherever it is not certain that the
   * result is a boolean (or undefined, which drops an event like false). What is not a path may have effects: it is unsure
   * when its turn comes. The caller has made sure that `undefined`, `NaN` and `Infinity` are not names of variables.
   */
  readonly strict: boolean;
}

/** Operators whose result is a boolean whatever they are applied to. */
const BOOLEAN_OPERATORS: ReadonlySet<string> = new Set([
  '==',
  '!=',
  '===',
  '!==',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'instanceof',
]);

/** Nodes of which only running them tells what they give. The code is unsure at all of them, so any result is right. */
const OPEN_RESULTS: ReadonlySet<string> = new Set([
  'AssignmentExpression',
  'AwaitExpression',
  'CallExpression',
  'Identifier',
  'MemberExpression',
  'SequenceExpression',
  'TaggedTemplateExpression',
  'YieldExpression',
]);

/**
 * The code that passes the lines for which `expression` is true and drops those for which it is not, and the fields that
 * it looks at. In strict mode undefined where the expression's result is no verdict (`event.name` would replace the
 * event), or where the code could not decide a single line.
 */
export function compilePredicate(
  expression: Expression,
  options: CompileOptions & { strict: false },
): CompiledPredicate;
export function compilePredicate(
  expression: Expression,
  options: CompileOptions,
): CompiledPredicate | undefined;
export function compilePredicate(
  expression: Expression,
  { pathOf, strict }: CompileOptions,
): CompiledPredicate | undefined {
  if (strict && !isVerdict(expression, pathOf)) return undefined;
  const compiled = assemble(new ConditionReader(pathOf, strict).read(expression));
  return strict && !decides(compiled.predicate) ? undefined : compiled;
}

/** Whether what `expression` gives, where the code does not leave it to JavaScript, is a boolean or undefined. */
function isVerdict(expression: Expression, pathOf: PathOf): boolean {
  const node = unchained(expression);
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'boolean';
    case 'UnaryExpression':
      return node.operator === '!';
    case 'BinaryExpression':
      return BOOLEAN_OPERATORS.has(node.operator);
    case 'LogicalExpression':
      return operandsOf(node).every(operand => isVerdict(operand, pathOf));
    case 'ConditionalExpression':
      return [node.consequent, node.alternate].every(branch => isVerdict(branch, pathOf));
    default:
      return OPEN_RESULTS.has(node.type) && pathOf(node) === undefined && constantOf(node) === undefined;
  }
}
