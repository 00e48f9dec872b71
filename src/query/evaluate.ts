import type {
  ArrayExpression,
  CallExpression,
  Expression,
  Literal,
  LogicalExpression,
  MemberExpression,
  UnaryExpression,
} from 'acorn';
import { QUERY_DEPTH_MAX } from '../base/limits.ts';
import { bare, constantOf, memberName, type Operand, operandsOf, unchained } from './ast.ts';
import { type Callable, FUNCTIONS, matchPattern, METHODS, testPattern } from './calls.ts';
import { Refusal } from './refusal.ts';
import { BINARY, memberOf, numberOf } from './values.ts';

/**
 * The language of `--where`, as functions: each node becomes one that takes the event and gives the node's value. A node
 * that is not in the language is refused, so this file is what the language is; docs/WHERE.md explains it to users.
 *
 * Nothing that an event holds makes them throw, but for a text that is longer than JavaScript can have (RangeError).
 */
export type Evaluate = (event: unknown) => unknown;

/** What nodes are that the language does not have. */
const REFUSED: Readonly<Partial<Record<Operand['type'], string>>> = {
  ArrowFunctionExpression: 'a function',
  AssignmentExpression: 'an assignment',
  AwaitExpression: '"await"',
  ClassExpression: 'a class',
  FunctionExpression: 'a function',
  ImportExpression: 'an import',
  NewExpression: '"new"',
  ObjectExpression: 'an object literal',
  PrivateIdentifier: 'a private name',
  SequenceExpression: 'a comma between expressions',
  SpreadElement: '"..."',
  TaggedTemplateExpression: 'a template with a tag',
  UpdateExpression: '"++" or "--"',
};

const HINTS: Readonly<Partial<Record<Operand['type'], string>>> = {
  AssignmentExpression: 'compare with == or ===',
  SequenceExpression: 'join conditions with && or ||',
};

/** Compiles `operand`; throws a Refusal where something in it is not in the language. */
export function compileExpression(operand: Operand, depth = 0): Evaluate {
  const node = unchained(operand);
  if (depth > QUERY_DEPTH_MAX) throw new Refusal(node.start, 'the expression is nested too deeply');
  const inner = (part: Operand): Evaluate => compileExpression(part, depth + 1);
  switch (node.type) {
    case 'Literal':
    case 'TemplateLiteral':
      return literal(node);
    case 'Identifier': {
      const value = constantOf(node);
      const { name } = node;
      return value === undefined ? event => memberOf(event, name) : () => value.value;
    }
    case 'ThisExpression':
      return event => event;
    case 'MemberExpression': {
      const [object, name] = [inner(node.object), nameOf(node)];
      return event => memberOf(object(event), name);
    }
    case 'ArrayExpression':
      return array(node, inner);
    case 'UnaryExpression':
      return unary(node, inner(node.argument));
    case 'BinaryExpression': {
      const operate = BINARY.get(node.operator);
      if (operate === undefined) throw notInLanguage(node, `the operator "${node.operator}"`);
      const [left, right] = [inner(node.left), inner(node.right)];
      return event => operate(left(event), right(event));
    }
    case 'LogicalExpression':
      return logical(node, operandsOf(node).map(inner));
    case 'ConditionalExpression': {
      const [on, yes, no] = [inner(node.test), inner(node.consequent), inner(node.alternate)];
      return event => (on(event) ? yes(event) : no(event));
    }
    case 'CallExpression':
      return call(node, inner);
    default:
      throw notInLanguage(node, REFUSED[node.type] ?? node.type);
  }
}

function notInLanguage(node: Operand, what: string): Refusal {
  return new Refusal(operatorOf(node), `${what} is not part of the language`, HINTS[node.type]);
}

/** Where the operator stands between two operands; of other nodes where they begin. */
function operatorOf(node: Operand): number {
  if (node.type === 'AssignmentExpression' || node.type === 'BinaryExpression') return node.left.end;
  return node.type === 'SequenceExpression' ? node.expressions[0]!.end : node.start;
}

function literal(node: Literal | (Expression & { type: 'TemplateLiteral' })): Evaluate {
  if (node.type === 'Literal') {
    if (node.regex !== undefined) {
      throw new Refusal(
        node.start,
        'a regular expression stands only in /…/.test(value) and value.match(/…/)',
      );
    }
    if (typeof node.value === 'bigint') throw notInLanguage(node, 'a BigInt');
    if (/^0\d/.test(node.raw ?? '')) throw notInLanguage(node, 'a number that begins with 0');
  }
  const found = constantOf(node);
  if (found !== undefined) return () => found.value;
  throw new Refusal(node.start, '"${" is not part of the language', 'join texts with +');
}

function array({ elements, start }: ArrayExpression, inner: (part: Operand) => Evaluate): Evaluate {
  const parts = elements.filter(element => element !== null);
  if (parts.length < elements.length)
    throw new Refusal(start, 'an array with a gap is not part of the language');
  const items = parts.map(inner);
  const constants = parts.map(constantOf).filter(found => found !== undefined);
  if (constants.length < parts.length) return event => items.map(item => item(event));
  const values = constants.map(({ value }) => value);
  return () => values;
}

function unary(node: UnaryExpression, argument: Evaluate): Evaluate {
  switch (node.operator) {
    case '!':
      return event => !argument(event);
    case '-':
      return event => -numberOf(argument(event));
    case '+':
      return event => numberOf(argument(event));
    case 'typeof':
      return event => typeof argument(event);
    default:
      throw notInLanguage(node, `the operator "${node.operator}"`);
  }
}

function logical({ operator }: LogicalExpression, operands: readonly Evaluate[]): Evaluate {
  const ends = (value: unknown): boolean => {
    if (operator === '??') return value !== null && value !== undefined;
    return operator === '&&' ? !value : Boolean(value);
  };
  return event => {
    let value: unknown;
    for (const operand of operands) {
      value = operand(event);
      if (ends(value)) return value;
    }
    return value;
  };
}

function nameOf(node: MemberExpression): string {
  const name = memberName(node);
  if (name !== undefined) return name;
  const what = node.computed
    ? 'brackets must hold a text or a number'
    : 'a private name is not part of the language';
  throw new Refusal(node.property.start, what);
}

function call(node: CallExpression, inner: (part: Operand) => Evaluate): Evaluate {
  const callee = unchained(node.callee);
  if (callee.type !== 'MemberExpression') {
    if (callee.type !== 'Identifier') throw new Refusal(callee.start, 'this cannot be called');
    const found = FUNCTIONS.get(callee.name);
    if (found !== undefined) return invoke(callee.name, found, node, nothing, inner);
    const names = [...FUNCTIONS.keys()].join(', ');
    throw new Refusal(callee.start, `there is no function "${callee.name}"`, `the functions are ${names}`);
  }
  const name = nameOf(callee);
  const object = unchained(callee.object);
  const full = object.type === 'Identifier' ? `${object.name}.${name}` : '';
  const owned = FUNCTIONS.get(full);
  if (owned !== undefined) return invoke(full, owned, node, nothing, inner);
  if (name === 'test' || name === 'match') return patternCall(name, object, node, inner);
  const method = METHODS.get(name);
  if (method !== undefined) return invoke(name, method, node, inner(object), inner);
  const names = [...METHODS.keys(), 'match', 'test'].join(', ');
  throw new Refusal(callee.property.start, `there is no method "${name}"`, `the methods are ${names}`);
}

/** Functions have no value before the dot. */
function nothing(): undefined {}

function invoke(
  name: string,
  { min, max, call: apply }: Callable,
  node: CallExpression,
  value: Evaluate,
  inner: (part: Operand) => Evaluate,
): Evaluate {
  const { length } = node.arguments;
  if (length < min || length > max) {
    const wanted = min === max ? `${min}` : Number.isFinite(max) ? `${min} to ${max}` : `at least ${min}`;
    throw new Refusal(node.start, `"${name}" takes ${wanted} argument${wanted.endsWith('1') ? '' : 's'}`);
  }
  const values = node.arguments.map(inner);
  return event =>
    apply(
      value(event),
      values.map(argument => argument(event)),
    );
}

/** `/…/.test(value)` and `value.match(/…/)`. */
function patternCall(
  name: 'test' | 'match',
  object: Operand,
  node: CallExpression,
  inner: (part: Operand) => Evaluate,
): Evaluate {
  const [argument, ...others] = node.arguments;
  if (argument === undefined || others.length > 0)
    throw new Refusal(node.start, `"${name}" takes one argument`);
  const [pattern, value] = name === 'test' ? [object, inner(argument)] : [bare(argument), inner(object)];
  if (pattern.type !== 'Literal' || pattern.regex === undefined) {
    throw new Refusal(
      pattern.start,
      `"${name}" needs a regular expression that is written out`,
      'write /…/.test(value) or value.match(/…/)',
    );
  }
  const { value: compiled } = pattern;
  if (!(compiled instanceof RegExp))
    throw new Refusal(pattern.start, 'this regular expression needs a newer Node.js');
  return name === 'test'
    ? event => testPattern(compiled, value(event))
    : event => matchPattern(compiled, value(event));
}
