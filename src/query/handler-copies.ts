import type { AnyNode, ObjectExpression, Property } from 'acorn';
import type { Scopes } from './handler-scopes.ts';
import { type FunctionNode, keyName, type Syntax, within } from './handler-syntax.ts';

/**
 * Copies of the event that a handler returns: `return { ...event, slow: true }`. Such a copy is the event as it is now, with
 * members set, and what can be done with the one can be done with the other: only its changes need be written.
 *
 * At run time a copy is told from other objects by there being no others: all else that the handler may return is the event
 * itself, or no object.
 */

/** The members that are set in the copy that `object` makes of what is spread at its start; undefined if it makes none. */
export function membersOfCopy(object: ObjectExpression, spread: AnyNode): string[] | undefined {
  const [first, ...others] = object.properties;
  if (first?.type !== 'SpreadElement' || first.argument !== spread) return undefined;
  const names = others.map(property => (isPlain(property) ? keyName(property) : undefined));
  return names.every(name => name !== undefined) ? names : undefined;
}

/** Whether it is a member and its value, and no function that is called when the member is looked at. */
function isPlain(property: AnyNode): property is Property {
  return property.type === 'Property' && property.kind === 'init';
}

/** Whether the value of `object` is returned by the handler and goes nowhere else. */
export function isJustReturned(object: AnyNode, syntax: Syntax, handler: FunctionNode): boolean {
  for (let at = object; ; ) {
    const parent = syntax.parent(at);
    switch (parent.type) {
      case 'ReturnStatement':
        return syntax.functionAround(parent) === handler;
      case 'ArrowFunctionExpression':
        return parent === handler && parent.body === at;
      case 'ConditionalExpression':
        if (parent.test === at) return false;
        break;
      case 'LogicalExpression':
        // What goes on from the left of `||` and `??` is the copy as well, and from the left of `&&` it is not.
        if (parent.left === at && parent.operator === '&&') return false;
        break;
      case 'SequenceExpression':
        if (parent.expressions.at(-1) !== at) return false;
        break;
      default:
        return false;
    }
    at = parent;
  }
}

/** Tells whether an expression is the event that `handler` is called with, and can be nothing else. */
export function certainEvent(handler: FunctionNode, scopes: Scopes): (node: AnyNode) => boolean {
  const [parameter] = handler.params;
  const event = parameter?.type === 'Identifier' ? scopes.bindingOf(parameter) : undefined;
  return node =>
    event !== undefined && !event.doubtful && node.type === 'Identifier' && scopes.bindingOf(node) === event;
}

/** Whether all that `handler` returns is the event, one of `copies` of it, or no object at all. */
export function returnsNoOthers(
  handler: FunctionNode,
  copies: ReadonlySet<AnyNode>,
  syntax: Syntax,
  scopes: Scopes,
): boolean {
  const isEvent = certainEvent(handler, scopes);
  const returned = within(handler.body).flatMap(node =>
    node.type === 'ReturnStatement' && syntax.functionAround(node) === handler ? [node.argument] : [],
  );
  if (handler.body.type !== 'BlockStatement') returned.push(handler.body);
  const isNoOther = (node: AnyNode | null | undefined): boolean => {
    switch (node?.type) {
      case undefined:
      case 'UnaryExpression':
      case 'BinaryExpression':
      case 'TemplateLiteral':
        return true;
      case 'Literal':
        return node.regex === undefined || node.regex === null;
      case 'ObjectExpression':
        return copies.has(node);
      case 'Identifier':
        return isEvent(node) || (node.name === 'undefined' && scopes.bindingOf(node) === undefined);
      case 'ConditionalExpression':
        return isNoOther(node.consequent) && isNoOther(node.alternate);
      case 'LogicalExpression':
        // What is returned from the left of `&&` is false, and so no object.
        return isNoOther(node.right) && (node.operator === '&&' || isNoOther(node.left));
      case 'SequenceExpression':
        return isNoOther(node.expressions.at(-1));
      default:
        return false;
    }
  };
  return returned.every(isNoOther);
}
