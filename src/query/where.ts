import { type Expression, parseExpressionAt, tokenizer, tokTypes, type Options } from 'acorn';
import { MillraceError } from '../base/errors.ts';
import { WHERE_LENGTH_MAX } from '../base/limits.ts';
import type { ValuePath } from '../kernel/path.ts';
import type { Predicate } from '../kernel/program.ts';
import { decides } from './assemble.ts';
import { constantOf, memberName, type Operand, unchained } from './ast.ts';
import { compilePredicate } from './compile-predicate.ts';
import { compileExpression } from './evaluate.ts';
import { searchesLong } from './long-search.ts';
import { Refusal } from './refusal.ts';

/**
 * `--where <expression>`: which events go on, as a subset of JavaScript's expressions with JavaScript's meaning.
 *
 * - Identifiers are members of the event, and `this` is the event itself: `status`, `user.id`, `this["x-y"]`, `tags[0]`.
 *   A member that is named like a keyword, or like `undefined`, `NaN` and `Infinity`, is written `this.name`.
 * - Literals: texts, templates without `${`, numbers, true, false, null, undefined, NaN, Infinity, arrays. Regular
 *   expressions stand in `/…/.test(value)` and `value.match(/…/)`, and keep nothing from one call to the next.
 * - Operators: `! - + typeof`, `== != === !== < <= > >= in`, `+ - * / %`, `&& || ??`, `? :`.
 * - The methods and functions of calls.ts.
 *
 * It differs from JavaScript in that nothing throws and nothing is inherited. Optional chaining is implied: a member of
 * undefined or null is undefined, and so is the call of a method that the value does not have. Only own members are seen:
 * those of objects, the items and the length of arrays, the characters and the length of texts; `in` means them too, and
 * is false for what is no object. A method is seen only where it is called. An object's own `toString` converts nothing.
 *
 * The result counts by its truth. Where a text would become longer than JavaScript can hold, it is false.
 */
export interface Where {
  readonly text: string;
  /** What the predicate's tests look at. */
  readonly fields: readonly ValuePath[];
  readonly predicate: Predicate;
  /** Whether the kernel can decide at least some lines; where it cannot, the predicate is unsure of all. */
  readonly decides: boolean;
  /** Whether an event can keep `test` busy for as good as ever. */
  readonly searchesLong: boolean;
  /** Whether an event goes on; for those of which the predicate is unsure. Never throws. */
  readonly test: (event: unknown) => boolean;
}

const LANGUAGE = 'docs/WHERE.md describes the language; what it cannot say, a handler can';
const SPELLING = 'write this["x-y"] for a name that is no identifier, and this.new for one that is a keyword';
const CLOSING =
  'a text ends with the quote that it begins with, a regular expression with /, a comment with */';
const PATTERN = 'mend the regular expression; a sign that is meant as it is stands behind a \\, as in /\\(/';

/** What helps with a syntax error, by what the parser says; the first that fits. */
const HELP: readonly (readonly [said: RegExp, hint: string])[] = [
  [/^Unterminated/, CLOSING],
  [/regular expression/, PATTERN],
  [/^(Unexpected|The keyword|Identifier directly)/, SPELLING],
];

const EXCERPT_LENGTH = 20;

/** Parses an expression; throws MILLRACE_WHERE, which names the column and what is wrong there. */
export function parseWhere(text: string): Where {
  if (text.length > WHERE_LENGTH_MAX) {
    throw new MillraceError(
      'MILLRACE_WHERE',
      `the expression is longer than ${WHERE_LENGTH_MAX} characters`,
      {
        hint: 'write a handler instead',
      },
    );
  }
  try {
    if (text.trim() === '')
      throw new Refusal(0, 'the expression is empty', 'write a condition, such as status >= 500');
    const expression = parse(text);
    const evaluate = compileExpression(expression);
    const { fields, predicate } = compilePredicate(expression, { pathOf, strict: false });
    return {
      text,
      fields,
      predicate,
      decides: decides(predicate),
      searchesLong: searchesLong(expression),
      test: event => isTrue(evaluate, event),
    };
  } catch (error) {
    if (error instanceof Refusal) throw misunderstood(text, error.at, error.message, error.hint);
    if (error instanceof SyntaxError) throw misread(text, error as SyntaxError & { pos: number });
    throw error;
  }
}

/** The names that lead from the event to the value of `node`, or undefined where it is not simply a path. */
function pathOf(node: Expression): readonly string[] | undefined {
  if (node.type === 'ThisExpression') return [];
  if (node.type === 'Identifier') return constantOf(node) === undefined ? [node.name] : undefined;
  if (node.type !== 'MemberExpression') return undefined;
  const object: Operand = unchained(node.object);
  const name = memberName(node);
  const names = object.type === 'Super' || name === undefined ? undefined : pathOf(object);
  return names === undefined ? undefined : [...names, name!];
}

function isTrue(evaluate: (event: unknown) => unknown, event: unknown): boolean {
  try {
    return Boolean(evaluate(event));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function parse(text: string): Expression {
  const options: Options = {
    ecmaVersion: 'latest',
    // Scripts have fewer reserved words than modules, and they have comments that nobody expects.
    sourceType: 'script',
    allowHashBang: false,
    preserveParens: true,
    onComment: (isBlock, _, start) => {
      if (!isBlock && !text.startsWith('//', start))
        throw new Refusal(start, 'an HTML comment is not part of the language');
    },
  };
  const expression = parseExpressionAt(text, 0, options);
  // The parser stops where the expression is complete.
  const rest = tokenizer(text.slice(expression.end), {
    ecmaVersion: 'latest',
    sourceType: 'module',
  }).getToken();
  if (rest.type !== tokTypes.eof)
    throw new Refusal(expression.end + rest.start, 'the expression is over before this');
  return expression;
}

/** A syntax error, in words that need no knowledge of the parser. */
function misread(text: string, { message, pos }: { message: string; pos: number }): MillraceError {
  const what = message.replace(/ \(\d+:\d+\)$/, '');
  if (/stack space/.test(what)) return misunderstood(text, pos, 'the expression is nested too deeply');
  if (text.slice(pos).trim() === '') return misunderstood(text, pos, 'something is missing');
  return misunderstood(
    text,
    pos,
    /^[A-Z][a-z]/.test(what) ? what[0]!.toLowerCase() + what.slice(1) : what,
    HELP.find(([said]) => said.test(what))?.[1],
  );
}

function misunderstood(text: string, near: number, what: string, hint = LANGUAGE): MillraceError {
  const at = near + /^\s*/.exec(text.slice(near))![0].length;
  const before = text.slice(0, at).split('\n');
  const line = before.length > 1 ? `line ${before.length}, ` : '';
  const column = Array.from(before.at(-1)!).length + 1;
  const rest = Array.from(text.slice(at).split('\n', 1)[0]!.trimEnd());
  const excerpt = rest.length > EXCERPT_LENGTH ? `${rest.slice(0, EXCERPT_LENGTH).join('')}…` : rest.join('');
  const place = `${line}column ${column}, ${excerpt === '' ? 'at the end' : `at "${excerpt}"`}`;
  return new MillraceError('MILLRACE_WHERE', `cannot understand the expression in ${place}: ${what}`, {
    hint,
  });
}
