import type { Expression } from 'acorn';
import { constantOf, memberName, unchained } from './ast.ts';
import { within } from './handler-syntax.ts';

/**
 * Whether an expression searches in a way whose time does not follow from the length of the event: then an event that is made
 * for it can keep it busy for as good as ever. All else in the language takes one way through its operands.
 */
export function searchesLong(expression: Expression): boolean {
  return within(expression).some(node => {
    if (node.type === 'Literal')
      return typeof node.regex?.pattern === 'string' && hasChoice(node.regex.pattern);
    if (node.type !== 'CallExpression') return false;
    const callee = unchained(node.callee);
    if (callee.type !== 'MemberExpression' || unchained(callee.object).type === 'ArrayExpression')
      return false;
    const name = memberName(callee);
    const [sought] = node.arguments;
    // A search for a text in a text takes the product of their lengths at worst, and here both are the event's.
    return (
      (name === 'includes' || name === 'indexOf') && sought !== undefined && constantOf(sought) === undefined
    );
  });
}

/** Whether a regular expression may have more than one way to try: repetition, an option, or alternatives. */
function hasChoice(pattern: string): boolean {
  return /[*+?{|]/.test(pattern.replaceAll(/\\./gs, ''));
}
