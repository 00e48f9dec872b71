import type { Expression, MemberExpression, PrivateIdentifier, SpreadElement, Super } from 'acorn';

/** Questions about acorn's syntax trees that do not depend on what an expression is used for. */

export type Primitive = string | number | boolean | null | undefined;

/** A value that is written out in the expression. */
export interface Constant {
  readonly value: Primitive;
}

/** Whatever can stand in the place of an operand. */
export type Operand = Expression | PrivateIdentifier | SpreadElement | Super;

/** Identifiers that are values, and no members of the event. */
const VALUES: ReadonlyMap<string, Primitive> = new Map<string, Primitive>([
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
]);

/** `node` without the parentheses around it. */
export function bare<Node extends Operand>(node: Node): Node | Expression {
  let inner: Node | Expression = node;
  while (inner.type === 'ParenthesizedExpression') inner = inner.expression;
  return inner;
}

/** `node` without the parentheses around it, and without the mark of where an optional chain ends. */
export function unchained<Node extends Operand>(node: Node): Node | Expression {
  let inner: Node | Expression = node;
  while (inner.type === 'ParenthesizedExpression' || inner.type === 'ChainExpression')
    inner = inner.expression;
  return inner;
}

/** The value of a literal, of a literal with a sign or `!` before it, or of `undefined`, `NaN` and `Infinity`. */
export function constantOf(operand: Operand): Constant | undefined {
  const node = bare(operand);
  if (node.type === 'Literal') {
    return typeof node.value === 'object' && node.value !== null ? undefined : plain(node.value);
  }
  if (node.type === 'TemplateLiteral') {
    const text = node.expressions.length === 0 ? node.quasis[0]?.value.cooked : undefined;
    return typeof text === 'string' ? { value: text } : undefined;
  }
  if (node.type === 'Identifier') return VALUES.has(node.name) ? { value: VALUES.get(node.name) } : undefined;
  if (node.type !== 'UnaryExpression') return undefined;
  const inner = constantOf(node.argument);
  if (inner === undefined) return undefined;
  if (node.operator === '-') return { value: -Number(inner.value) };
  if (node.operator === '+') return { value: Number(inner.value) };
  return node.operator === '!' ? { value: !inner.value } : undefined;
}

function plain(value: Primitive | bigint): Constant | undefined {
  return typeof value === 'bigint' ? undefined : { value };
}

/** The name of the member that `node` reads, or undefined where it is not written out. */
export function memberName({ computed, property }: MemberExpression): string | undefined {
  if (!computed) return property.type === 'Identifier' ? property.name : undefined;
  const value = constantOf(property)?.value;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The operands of a chain of one logical operator, in their order: `a && b && c` is one chain, however long. */
export function operandsOf(node: Expression): Expression[] {
  const operator = node.type === 'LogicalExpression' ? node.operator : undefined;
  const operands: Expression[] = [];
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = bare(next);
    if (inner.type === 'LogicalExpression' && inner.operator === operator) open.push(inner.right, inner.left);
    else operands.push(inner);
  }
  return operands;
}
