import type { BinaryExpression, CallExpression, Expression, LogicalExpression } from 'acorn';
import { PREDICATE_FIELDS_MAX, QUERY_DEPTH_MAX } from '../base/limits.ts';
import { Op } from '../kernel/program.ts';
import { bare, type Constant, constantOf, memberName, type Operand, operandsOf, unchained } from './ast.ts';
import {
  all,
  any,
  choose,
  type Condition,
  constant,
  decidedFirst,
  NO,
  not,
  test,
  UNSURE,
  whenMissing,
} from './condition.ts';
import { compare, FLIPPED, hasType, isOneOf } from './field-condition.ts';
import { isFieldPath, isWellFormed, pointerOf } from './field-path.ts';
import {
  endedBy,
  type OperandPath,
  readStrictly,
  type Step,
  stepsTo,
  stepsToMember,
  type StrictRead,
} from './strict-path.ts';
import { BINARY } from './values.ts';

/** The names that lead from the event to the value of `node`, or undefined where it is not simply a path. */
export type PathOf = (node: Expression) => readonly string[] | undefined;

/** Methods of texts that the kernel has too. */
const TEXT_TESTS: ReadonlyMap<string, Op> = new Map<string, Op>([
  ['startsWith', Op.startsWith],
  ['endsWith', Op.endsWith],
  ['includes', Op.includes],
]);

/**
 * Reads the truth of an expression as a condition. Whatever it does not know is unsure at its place.
 *
 * In the language of `--where` nothing throws, so that the operands of `&&` and `||` can be put into the order that
 * decides most. In a handler's own words they are read in JavaScript's order, and with its errors.
 */
export class ConditionReader {
  readonly #pathOf: OperandPath;
  readonly #strict: boolean;
  readonly #pointers = new Set<string>();
  /** Whether the event must be an object where the next operand is looked at. */
  #isRootObject = false;

  constructor(pathOf: PathOf, strict: boolean) {
    this.#pathOf = operand => {
      const node = unchained(operand);
      const isNone =
        node.type === 'SpreadElement' || node.type === 'PrivateIdentifier' || node.type === 'Super';
      return isNone ? undefined : pathOf(node);
    };
    this.#strict = strict;
  }

  read(expression: Expression, depth = 0): Condition {
    const node = unchained(expression);
    const value = this.#constantOf(node);
    if (value !== undefined) return constant(Boolean(value.value));
    if (depth > QUERY_DEPTH_MAX) return UNSURE;
    switch (node.type) {
      case 'LogicalExpression':
        return node.operator === '??' ? this.#defaulted(node, depth) : this.#chain(node, depth);
      case 'ConditionalExpression':
        return this.#choice(
          () => this.read(node.test, depth + 1),
          () => this.read(node.consequent, depth + 1),
          () => this.read(node.alternate, depth + 1),
        );
      case 'UnaryExpression':
        return node.operator === '!' ? not(this.read(node.argument, depth + 1)) : UNSURE;
      case 'BinaryExpression':
        return this.#binary(node);
      case 'CallExpression':
        return this.#call(node, depth);
      default:
        return this.#field(expression, pointer => test(pointer, Op.truthy));
    }
  }

  #chain(node: LogicalExpression, depth: number): Condition {
    const [first, ...others] = operandsOf(node);
    const conditions = [this.read(first!, depth + 1)];
    // Only the first operand is always looked at.
    const isRootObject = this.#isRootObject;
    for (const operand of others) conditions.push(this.read(operand, depth + 1));
    this.#isRootObject = isRootObject;
    const ordered = this.#strict ? conditions : decidedFirst(conditions);
    return node.operator === '&&' ? all(ordered) : any(ordered);
  }

  #choice(on: () => Condition, yes: () => Condition, no: () => Condition): Condition {
    const condition = on();
    const isRootObject = this.#isRootObject;
    const whenYes = yes();
    this.#isRootObject = isRootObject;
    const whenNo = no();
    this.#isRootObject = isRootObject;
    return choose(condition, whenYes, whenNo);
  }

  /** `path ?? other`. */
  #defaulted({ left, right }: LogicalExpression, depth: number): Condition {
    return this.#choice(
      () => this.#field(left, pointer => test(pointer, Op.nullish)),
      () => this.read(right, depth + 1),
      () => this.#field(left, pointer => test(pointer, Op.truthy)),
    );
  }

  #binary(node: BinaryExpression): Condition {
    if (node.operator === 'in') return this.#membership(node);
    const flipped = FLIPPED.get(node.operator);
    if (flipped === undefined) return UNSURE;
    const right = this.#constantOf(node.right);
    if (right !== undefined) return this.#comparison(node.left, node.operator, right);
    const left = this.#constantOf(node.left);
    return left === undefined ? UNSURE : this.#comparison(node.right, flipped, left);
  }

  #comparison(operand: Operand, operator: string, { value }: Constant): Condition {
    const node = bare(operand);
    const compared = (pointer: string): Condition => compare(pointer, operator, value);
    if (node.type === 'UnaryExpression' && node.operator === 'typeof' && typeof value === 'string') {
      if (!/^[!=]==?$/.test(operator)) return UNSURE;
      const typed = this.#field(node.argument, pointer => hasType(pointer, value));
      return operator.startsWith('!') ? not(typed) : typed;
    }
    if (node.type !== 'LogicalExpression' || node.operator !== '??') return this.#field(operand, compared);
    const other = this.#constantOf(node.right);
    if (other === undefined) return UNSURE;
    return this.#choice(
      () => this.#field(node.left, pointer => test(pointer, Op.nullish)),
      () => constant(Boolean(BINARY.get(operator)!(other.value, value))),
      () => this.#field(node.left, compared),
    );
  }

  /** `"name" in path`. */
  #membership({ left, right }: BinaryExpression): Condition {
    const name = this.#constantOf(left)?.value;
    const path = this.#pathOf(right);
    if (path === undefined || (typeof name !== 'string' && typeof name !== 'number')) return UNSURE;
    const names = [...path, String(name)];
    const steps = endedBy(stepsTo(right, path.length, this.#pathOf), 'throws');
    return this.#member(names, [...steps, 'throws'], pointer => test(pointer, Op.exists));
  }

  #call(node: CallExpression, depth: number): Condition {
    const callee = bare(node.callee);
    const [argument, ...others] = node.arguments;
    if (argument === undefined || others.length > 0) return UNSURE;
    if (callee.type === 'Identifier' && callee.name === 'Boolean' && !this.#strict) {
      return argument.type === 'SpreadElement' ? UNSURE : this.read(argument, depth + 1);
    }
    if (callee.type !== 'MemberExpression') return UNSURE;
    const method = memberName(callee) ?? '';
    const object = bare(callee.object);
    if (object.type === 'ArrayExpression') {
      const values = object.elements.map(element =>
        element === null ? undefined : this.#constantOf(element),
      );
      if (method !== 'includes' || !values.every(value => value !== undefined)) return UNSURE;
      return this.#field(argument, pointer =>
        isOneOf(
          pointer,
          values.map(({ value }) => value),
        ),
      );
    }
    const op = TEXT_TESTS.get(method);
    const text = this.#constantOf(argument)?.value;
    const path = this.#pathOf(object);
    if (
      op === undefined ||
      typeof text !== 'string' ||
      text === '' ||
      !isWellFormed(text) ||
      path === undefined
    )
      return UNSURE;
    const steps = stepsToMember(callee, path.length, this.#pathOf);
    const last = steps.pop();
    return this.#member(path, steps, pointer => this.#textTest(pointer, op, text, last), NO);
  }

  #textTest(pointer: string, op: Op, text: string, step: Step | undefined): Condition {
    if (!this.#strict) return test(pointer, op, text);
    const other = step === 'ends' ? choose(test(pointer, Op.nullish), NO, UNSURE) : UNSURE;
    return choose(test(pointer, Op.isString), test(pointer, op, text), other);
  }

  /** The condition `leafOf` on the value of `operand`, if that is a path. */
  #field(operand: Operand, leafOf: (pointer: string) => Condition): Condition {
    const names = this.#pathOf(operand);
    return names === undefined
      ? UNSURE
      : this.#member(names, stepsTo(operand, names.length, this.#pathOf), leafOf);
  }

  #member(
    names: readonly string[],
    steps: readonly Step[],
    leafOf: (pointer: string) => Condition,
    ended?: Condition,
  ): Condition {
    if (!isFieldPath(names) || !this.#reserve(names)) return UNSURE;
    const pointer = pointerOf(names);
    const leaf = leafOf(pointer);
    if (this.#strict) return this.#readStrictly({ names, steps, leaf, ended: ended ?? whenMissing(leaf) });
    // Of the members that are not the event's own, texts and arrays have only this one.
    return names.at(-1) === 'length' ? choose(test(pointer, Op.exists), leaf, UNSURE) : leaf;
  }

  #readStrictly(read: StrictRead): Condition {
    const condition = readStrictly(read, this.#isRootObject);
    if (read.steps[0] === 'throws') this.#isRootObject = true;
    return condition;
  }

  /** Makes room for the fields of a path, and in strict mode for those on the way; returns whether there is some. */
  #reserve(names: readonly string[]): boolean {
    const from = this.#strict ? 1 : names.length;
    const pointers = names.slice(from - 1).map((_, at) => pointerOf(names.slice(0, from + at)));
    const others = pointers.filter(pointer => !this.#pointers.has(pointer));
    if (this.#pointers.size + others.length > PREDICATE_FIELDS_MAX) return false;
    for (const pointer of others) this.#pointers.add(pointer);
    return true;
  }

  #constantOf(node: Operand): Constant | undefined {
    return this.#pathOf(node) === undefined ? constantOf(node) : undefined;
  }
}
