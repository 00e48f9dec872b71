import type { AnyNode, Expression, Identifier, Pattern } from 'acorn';
import { constantOf } from './ast.ts';
import { type CompiledPredicate, compilePredicate } from './compile-predicate.ts';
import type { Binding, Scopes } from './handler-scopes.ts';
import { childrenOf, type FunctionNode, keyName, memberName, type Syntax } from './handler-syntax.ts';

/**
 * A handler that is nothing but a condition on its event, as code for the kernel: the lines that it decides need no
 * handler at all.
 */

/** Names that mean a value in an expression, unless the module has a variable of this name. */
const VALUE_NAMES: ReadonlySet<string> = new Set(['undefined', 'NaN', 'Infinity']);

/**
 * The condition that the handler is; undefined where it is none, or one of which no line can be decided without it.
 * The module must have been found to be free of hazards.
 */
export function verdictOf(
  syntax: Syntax,
  scopes: Scopes,
  handler: FunctionNode,
): CompiledPredicate | undefined {
  const expression = returned(handler);
  if (expression === undefined || handler.async || handler.generator) return undefined;
  if (!isPredictable(syntax, scopes)) return undefined;
  const [parameter, ...others] = handler.params;
  if (parameter === undefined || !others.every(other => isUnused(scopes, other))) return undefined;
  const names = namesOfVariables(scopes, parameter);
  if (names === undefined) return undefined;
  const pathOf = (node: AnyNode): readonly string[] | undefined => {
    if (node.type === 'ChainExpression') return pathOf(node.expression);
    if (node.type === 'Identifier') {
      const binding = scopes.bindingOf(node);
      return binding === undefined ? undefined : names.get(binding);
    }
    if (node.type !== 'MemberExpression') return undefined;
    const above = pathOf(node.object);
    const name = memberName(node);
    return above === undefined || name === undefined ? undefined : [...above, name];
  };
  const plain = withConstants(syntax, scopes, expression) as Expression;
  return compilePredicate(plain, { pathOf, strict: true });
}

/** What a handler returns that does nothing else. */
function returned({ body }: FunctionNode): Expression | undefined {
  if (body.type !== 'BlockStatement') return body;
  const [statement] = body.body;
  if (body.body.length !== 1 || statement?.type !== 'ReturnStatement') return undefined;
  return statement.argument ?? undefined;
}

/** Whether the module leaves the meaning of names and of the methods of texts and arrays as it is. */
function isPredictable(syntax: Syntax, scopes: Scopes): boolean {
  return !syntax.nodes.some(node => {
    if (node.type === 'Identifier') return VALUE_NAMES.has(node.name) && scopes.bindingOf(node) !== undefined;
    if (node.type !== 'MemberExpression' || memberName(node) !== 'prototype') return false;
    return node.object.type !== 'Identifier' || node.object.name !== 'Object';
  });
}

function isUnused(scopes: Scopes, parameter: Pattern): boolean {
  return parameter.type === 'Identifier' && scopes.bindingOf(parameter)?.mentions.length === 0;
}

/**
 * The names of members that each variable of the parameter stands for. A pattern inside the pattern, which throws where
 * it finds nothing to take apart, would do so whatever the expression looks at first; so it is left alone.
 */
function namesOfVariables(scopes: Scopes, parameter: Pattern): Map<Binding, readonly string[]> | undefined {
  const names = new Map<Binding, readonly string[]>();
  const variables: (readonly [variable: AnyNode, path: readonly (string | undefined)[]])[] =
    parameter.type === 'ObjectPattern'
      ? parameter.properties.map(member => [
          member.type === 'Property' ? member.value : member,
          [keyName(member)],
        ])
      : [[parameter, []]];
  for (const [variable, path] of variables) {
    const binding = variable.type === 'Identifier' ? scopes.bindingOf(variable) : undefined;
    if (binding === undefined || binding.doubtful || !path.every(name => name !== undefined))
      return undefined;
    names.set(binding, path);
  }
  return names;
}

/** `node` with the values of the module's constants in the place of their names. */
function withConstants(syntax: Syntax, scopes: Scopes, node: AnyNode): AnyNode {
  if (node.type === 'Identifier') return constantIn(syntax, scopes, node) ?? node;
  const children = childrenOf(node);
  const replaced = new Map(children.map(child => [child, withConstants(syntax, scopes, child)]));
  if (children.every(child => replaced.get(child) === child)) return node;
  const replace = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(replace) : (replaced.get(value as AnyNode) ?? value);
  const entries = Object.entries(node).map(([name, value]) => [name, replace(value)]);
  return Object.fromEntries(entries) as AnyNode;
}

/** The value of a variable that is set once, at the outermost level of the module and so before any event comes. */
function constantIn(syntax: Syntax, scopes: Scopes, identifier: Identifier): AnyNode | undefined {
  const value = scopes.valueOf(identifier);
  if (value === undefined || constantOf(value as Expression) === undefined) return undefined;
  const declaration = syntax.parent(syntax.parent(value));
  const around = declaration.type === 'VariableDeclaration' ? syntax.parent(declaration) : undefined;
  return around?.type === 'Program' || around?.type === 'ExportNamedDeclaration' ? value : undefined;
}
