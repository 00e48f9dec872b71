import type { AnyNode, AssignmentExpression, BinaryExpression, CallExpression, Identifier } from 'acorn';
import type { MemberExpression, ObjectPattern, Pattern } from 'acorn';
import { isWellFormed } from './field-path.ts';
import { certainEvent, isJustReturned, membersOfCopy, returnsNoOthers } from './handler-copies.ts';
import { PROTOTYPE_NAMES } from './handler-hazards.ts';
import { PartNode } from './handler-parts.ts';
import type { Binding, Scopes } from './handler-scopes.ts';
import { type FunctionNode, keyName, literalName, memberName, Unreadable, within } from './handler-syntax.ts';
import type { Syntax } from './handler-syntax.ts';

/**
 * Follows the event through a handler: from the parameter to each place where it is mentioned, and from there to
 * whatever its value flows on to, and the same for each part of it.
 *
 * What is known of each place is what is written here; everything else is an escape. A part that escapes is whole. The
 * event itself must not escape: nobody else could be kept from looking at what is missing from it. Which way the program
 * takes is not looked at: whatever some way does counts.
 */

/** Steps after which a handler is left alone. */
const STEPS_MAX = 20_000;

/** Members that are called by themselves when an event is returned, so that a function put there would see it. */
const CALLED_ON_RETURN: readonly string[] = ['then', 'toJSON'];

/** A function that a part or the event is passed to: the calls in which that happens, and what it may return. */
interface Callee {
  /** Whether it may get at its arguments without their names. */
  readonly isOpaque: boolean;
  readonly calls: Set<CallExpression>;
  readonly returned: Set<PartNode>;
}

export class HandlerUses {
  readonly event = new PartNode();
  readonly writes = new Set<string>();
  readonly deletes = new Set<string>();
  returnsEvent = false;
  /** Object literals that copy the event and are returned by the handler. */
  readonly #copies = new Set<AnyNode>();

  readonly #syntax: Syntax;
  readonly #scopes: Scopes;
  readonly #handler: FunctionNode;
  readonly #callees = new Map<FunctionNode, Callee>();
  /** What is known to flow to an expression, or into a variable. */
  readonly #seen = new Map<AnyNode | Binding, Set<PartNode>>();
  #steps = 0;

  /** Throws Unreadable where the event may escape. */
  constructor(syntax: Syntax, scopes: Scopes, handler: FunctionNode) {
    this.#syntax = syntax;
    this.#scopes = scopes;
    this.#handler = handler;
    if (handler.generator || (handler.type !== 'ArrowFunctionExpression' && usesArguments(handler))) {
      throw new Unreadable('the event can be got at without its name');
    }
    const [parameter] = handler.params;
    if (parameter !== undefined) this.#bind(parameter, this.event);
    if (this.returnsCopy && !returnsNoOthers(handler, this.#copies, syntax, scopes)) {
      throw new Unreadable('a copy of the event cannot be told from what else is returned');
    }
    // The copy is the value of that call then, and looked at there.
    if (this.returnsCopy && this.#calleeOf(handler).calls.size > 0) {
      throw new Unreadable('a copy of the event comes back to the handler');
    }
  }

  get returnsCopy(): boolean {
    return this.#copies.size > 0;
  }

  /** `part` is seen by something that is not known here. */
  #escape(part: PartNode): void {
    if (part.isEvent) throw new Unreadable('the event is used as a whole');
    part.beWhole();
  }

  /** Whether it is new that `part` flows to `place`. */
  #isNew(place: AnyNode | Binding, part: PartNode): boolean {
    if (++this.#steps > STEPS_MAX) throw new Unreadable('the handler is too intricate');
    let parts = this.#seen.get(place);
    if (parts === undefined) this.#seen.set(place, (parts = new Set()));
    return parts.size < parts.add(part).size;
  }

  #member(part: PartNode, name: string): PartNode | undefined {
    // The one is no ordinary member to JavaScript, the other cannot be told from others in UTF-8.
    if (name === '__proto__' || !isWellFormed(name)) throw new Unreadable('a member has a special name');
    return part.member(name);
  }

  /** `part` becomes the value of what stands in a pattern, or of a parameter. */
  #bind(target: Pattern, part: PartNode): void {
    switch (target.type) {
      case 'Identifier':
        return this.#name(target, part);
      case 'AssignmentPattern':
        return this.#bind(target.left, part);
      case 'ObjectPattern':
        return this.#takeApart(target, part);
      default:
        return this.#escape(part);
    }
  }

  /** The variable `identifier` begins as `part`. */
  #name(identifier: Identifier, part: PartNode): void {
    const binding = this.#scopes.bindingOf(identifier);
    const isKnown = binding?.kind === 'parameter' || binding?.kind === 'variable';
    if (!isKnown || binding.doubtful) return this.#escape(part);
    if (!this.#isNew(binding, part)) return;
    for (const mention of binding.mentions) this.#use(mention, part);
  }

  #takeApart({ properties }: ObjectPattern, part: PartNode): void {
    for (const property of properties) {
      const name = keyName(property);
      if (name === undefined || property.type !== 'Property') return this.#escape(part);
      const member = this.#member(part, name);
      if (member !== undefined) this.#bind(property.value, member);
    }
  }

  /** The value of `expression` may be `part`. */
  #use(expression: AnyNode, part: PartNode): void {
    if (!this.#isNew(expression, part)) return;
    const parent = this.#syntax.parent(expression);
    switch (parent.type) {
      case 'ExpressionStatement':
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
      // Compares without a look inside.
      case 'SwitchStatement':
      case 'SwitchCase':
        return;
      case 'ChainExpression':
        return this.#use(parent, part);
      case 'SequenceExpression':
        if (parent.expressions.at(-1) === expression) this.#use(parent, part);
        return;
      case 'ConditionalExpression':
        if (parent.test !== expression) this.#use(parent, part);
        return;
      case 'LogicalExpression':
        // What goes on from the left of `&&` is false, and so no object.
        if (parent.left !== expression || parent.operator !== '&&') this.#use(parent, part);
        return;
      case 'UnaryExpression':
        if (!['!', 'typeof', 'void'].includes(parent.operator)) this.#escape(part);
        return;
      case 'BinaryExpression':
        return this.#operand(expression, parent, part);
      case 'MemberExpression':
        return parent.object === expression ? this.#memberOf(parent, part) : this.#escape(part);
      case 'CallExpression':
        return this.#argument(expression, parent, part);
      case 'SpreadElement':
        return this.#copied(expression, this.#syntax.parent(parent), part);
      case 'VariableDeclarator':
        return this.#bind(parent.id, part);
      case 'AssignmentExpression':
        return this.#assigned(expression, parent, part);
      case 'ReturnStatement':
        return this.#returned(parent, part);
      case 'ArrowFunctionExpression':
        return parent.body === expression ? this.#returned(expression, part) : this.#escape(part);
      default:
        return this.#escape(part);
    }
  }

  /** `spread` is spread in `object`: the members that are set in a copy of the event are set in the event, as it were. */
  #copied(spread: AnyNode, object: AnyNode, part: PartNode): void {
    const names = object.type === 'ObjectExpression' ? membersOfCopy(object, spread) : undefined;
    const isEvent = part.isEvent && certainEvent(this.#handler, this.#scopes)(spread);
    if (!isEvent || names === undefined || !isJustReturned(object, this.#syntax, this.#handler)) {
      return this.#escape(part);
    }
    for (const name of names) this.#write(part, name);
    this.#copies.add(object);
  }

  #operand(expression: AnyNode, { operator, left, right }: BinaryExpression, part: PartNode): void {
    if (operator === '===' || operator === '!==') return;
    const other = left === expression ? right : left;
    if ((operator === '==' || operator === '!=') && this.#isNullish(other)) return;
    const name = operator === 'in' && right === expression ? literalName(left) : undefined;
    if (name === undefined) this.#escape(part);
    else this.#member(part, name);
  }

  #isNullish(node: AnyNode): boolean {
    if (node.type === 'Identifier') return node.name === 'undefined' && !this.#scopes.bindingOf(node);
    if (node.type === 'UnaryExpression') return node.operator === 'void';
    return node.type === 'Literal' && node.raw === 'null';
  }

  /** `node` is a member of `part`: read, called, written or deleted. */
  #memberOf(node: MemberExpression, part: PartNode): void {
    const name = memberName(node);
    if (name === undefined) return this.#escape(part);
    const parent = this.#syntax.parent(node);
    if (this.#syntax.isTarget(node)) {
      this.#write(part, name);
      // With any other operator it is read first.
      const isRead = parent.type === 'AssignmentExpression' && parent.operator !== '=';
      if (isRead || parent.type === 'UpdateExpression') this.#member(part, name)?.beWhole();
      return;
    }
    // A chain in parentheses still is what a function is called on.
    const outer = parent.type === 'ChainExpression' ? parent : node;
    const use = this.#syntax.parent(outer);
    const isCalled =
      (use.type === 'CallExpression' && use.callee === outer) ||
      (use.type === 'TaggedTemplateExpression' && use.tag === outer);
    if (isCalled) return this.#escape(part);
    if (use.type === 'UnaryExpression' && use.operator === 'delete') return this.#delete(part, name);
    const member = this.#member(part, name);
    if (member !== undefined) this.#use(node, member);
  }

  #write(part: PartNode, name: string): void {
    if (!part.isEvent) return part.beWhole();
    // Indices come before other names, whenever they are written; an inherited member may refuse it.
    const isSpecial = /^\d/.test(name) || PROTOTYPE_NAMES.has(name) || CALLED_ON_RETURN.includes(name);
    if (isSpecial || !isWellFormed(name)) throw new Unreadable('a member that is written has a special name');
    this.writes.add(name);
  }

  /** The member has to be there, so that it can be seen to be gone. */
  #delete(part: PartNode, name: string): void {
    if (!part.isEvent) return part.beWhole();
    this.#member(part, name);
    this.deletes.add(name);
  }

  /** `target = part`, whose value is `part` again. */
  #assigned(expression: AnyNode, node: AssignmentExpression, part: PartNode): void {
    if (node.right !== expression || node.operator !== '=' || node.left.type !== 'ObjectPattern') {
      return this.#escape(part);
    }
    this.#takeApart(node.left, part);
    this.#use(node, part);
  }

  /** `part` is an argument of a call: followed into a function of the module. */
  #argument(expression: AnyNode, call: CallExpression, part: PartNode): void {
    const at = call.arguments.findIndex(argument => argument === expression);
    const isCertain = at >= 0 && call.arguments.slice(0, at).every(({ type }) => type !== 'SpreadElement');
    const callee = call.callee.type === 'Identifier' ? this.#scopes.functionOf(call.callee) : undefined;
    if (!isCertain || callee === undefined) return this.#escape(part);
    const { isOpaque, calls, returned } = this.#calleeOf(callee);
    const rest = callee.params.findIndex(({ type }) => type === 'RestElement');
    if (isOpaque || (rest >= 0 && rest <= at)) return this.#escape(part);
    const parameter = callee.params[at];
    if (parameter === undefined) return;
    calls.add(call);
    for (const value of returned) this.#comesBack(callee, call, value);
    this.#bind(parameter, part);
  }

  #calleeOf(callee: FunctionNode): Callee {
    let known = this.#callees.get(callee);
    if (known === undefined) {
      const isOpaque = callee.generator || usesArguments(callee);
      known = { isOpaque, calls: new Set(), returned: new Set() };
      this.#callees.set(callee, known);
    }
    return known;
  }

  /** `part` is returned by the function around `node`. */
  #returned(node: AnyNode, part: PartNode): void {
    const around = this.#syntax.functionAround(node);
    // A function inside another one may return what it was not passed in the call.
    if (around === undefined || this.#syntax.functionAround(around) !== undefined) return this.#escape(part);
    if (around === this.#handler) {
      if (part.isEvent) this.returnsEvent = true;
      else part.beWhole();
    }
    const { calls, returned } = this.#calleeOf(around);
    returned.add(part);
    for (const call of calls) this.#comesBack(around, call, part);
  }

  /** The value of `call` may be `part`; that of an asynchronous function is a promise, which is not followed. */
  #comesBack(callee: FunctionNode, call: CallExpression, part: PartNode): void {
    if (callee.async) this.#escape(part);
    else this.#use(call, part);
  }
}

/** Whether what was passed to `node` can be got at without a parameter, here or in an arrow function inside. */
function usesArguments(node: FunctionNode): boolean {
  return within(node).some(inner => inner.type === 'Identifier' && inner.name === 'arguments');
}
