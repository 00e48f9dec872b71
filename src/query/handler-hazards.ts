import type { AnyNode, Identifier, MemberExpression } from 'acorn';
import { keyName, literalName, memberName, type Syntax } from './handler-syntax.ts';

/**
 * What makes a handler's module unfit for being read, wherever in it that stands.
 *
 * `eval` sees the variables around it. And an accessor on Object.prototype would be called with the event as `this`, as
 * would a `then` or a `toJSON` there, so nothing may lead from the module to that object. What an imported package does
 * to it cannot be seen from here: the worker thread watches it (worker/prototype-watch.ts).
 */

/** Names by which a program gets at the prototype of an object that it has, or at the function `Object`. */
const LEADING_TO_PROTOTYPES = new Set([
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  'Object',
  'constructor',
  'getPrototypeOf',
  'prototype',
]);

/** Members of Object.prototype that are commonly borrowed from it, and lead nowhere. */
const BORROWED = new Set(['hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toString']);

/** The members that Object.prototype has by the standard. */
export const PROTOTYPE_NAMES: ReadonlySet<string> = new Set([
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
]);

/** Whether anything in the module makes its handler unfit for being read. */
export function hasHazard(syntax: Syntax): boolean {
  return syntax.nodes.some(node => {
    switch (node.type) {
      case 'Identifier':
        return node.name === 'eval' || (node.name === 'Object' && !isNamespace(syntax, node));
      case 'MemberExpression':
        return isHazardousMember(syntax, node);
      case 'Property':
        return isHazardousKey(syntax, node);
      case 'Literal':
      case 'TemplateLiteral':
        return LEADING_TO_PROTOTYPES.has(literalName(node) ?? '');
      default:
        return false;
    }
  });
}

/** Whether the identifier `Object` stands before a member that is written out, as in `Object.keys`. */
function isNamespace(syntax: Syntax, node: Identifier): boolean {
  const parent = syntax.parent(node);
  return parent.type === 'MemberExpression' && parent.object === node && memberName(parent) !== undefined;
}

function isHazardousMember(syntax: Syntax, node: MemberExpression): boolean {
  const name = memberName(node);
  if (name === undefined || !LEADING_TO_PROTOTYPES.has(name)) return false;
  if (name !== 'prototype' || node.object.type !== 'Identifier') return true;
  return node.object.name === 'Object' && !isBorrowing(syntax, node);
}

/** Whether `Object.prototype` stands there only for a function of it, as in `Object.prototype.toString.call(value)`. */
function isBorrowing(syntax: Syntax, prototype: MemberExpression): boolean {
  const member = syntax.parent(prototype);
  if (member.type !== 'MemberExpression' || member.object !== prototype) return false;
  if (!BORROWED.has(memberName(member) ?? '') || syntax.isTarget(member)) return false;
  return syntax.parent(member).type !== 'UnaryExpression';
}

/** Patterns take members out of what they are given; in an object literal only `__proto__` does more than name one. */
function isHazardousKey(syntax: Syntax, node: AnyNode): boolean {
  const name = keyName(node);
  if (name === undefined) return false;
  return syntax.parent(node).type === 'ObjectPattern'
    ? LEADING_TO_PROTOTYPES.has(name)
    : name === '__proto__';
}
