import {
  type AnonymousFunctionDeclaration,
  type AnyNode,
  type ArrowFunctionExpression,
  type FunctionDeclaration,
  type FunctionExpression,
  type MemberExpression,
  parse,
  type Program,
} from 'acorn';

/** A handler's module as a syntax tree in which each node knows what it stands in. */

export type FunctionNode =
  | FunctionDeclaration
  | AnonymousFunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression;

/** Thrown where it cannot be shown what a handler looks at: the event must be parsed whole. */
export class Unreadable extends Error {}

export class Syntax {
  readonly program: Program;
  /** All nodes; each stands behind the one that it is in. */
  readonly nodes: readonly AnyNode[];
  readonly #code: string;
  readonly #parents = new Map<AnyNode, AnyNode>();

  /** Parses the module `code`; throws Unreadable where the parser does not take it. */
  constructor(code: string) {
    this.#code = code;
    try {
      this.program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
    } catch {
      throw new Unreadable('the parser does not take the module');
    }
    const nodes: AnyNode[] = [this.program];
    for (const node of nodes) {
      for (const child of childrenOf(node)) {
        this.#parents.set(child, node);
        nodes.push(child);
      }
    }
    this.nodes = nodes;
  }

  /** What `node` stands in directly; `node` must not be the program. */
  parent(node: AnyNode): AnyNode {
    return this.#parents.get(node)!;
  }

  /** The function that `node` stands in, whose `return` it would be; undefined outside of all. */
  functionAround(node: AnyNode): FunctionNode | undefined {
    let at = this.#parents.get(node);
    while (at !== undefined && !isFunction(at)) at = this.#parents.get(at);
    return at;
  }

  /** The characters of `node`, as Function.prototype.toString would give them. */
  text(node: AnyNode): string {
    return this.#code.slice(node.start, node.end);
  }

  /** Whether `node` is in the place of something that is assigned to. */
  isTarget(node: AnyNode): boolean {
    const parent = this.parent(node);
    switch (parent.type) {
      case 'AssignmentExpression':
      case 'AssignmentPattern':
      case 'ForInStatement':
      case 'ForOfStatement':
        return parent.left === node;
      case 'UpdateExpression':
      case 'ArrayPattern':
      case 'RestElement':
        return true;
      case 'Property':
        return parent.value === node && this.parent(parent).type === 'ObjectPattern';
      default:
        return false;
    }
  }
}

/** The nodes directly inside `node`, in no particular order. */
export function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

/** All nodes inside `node`, and itself. */
export function within(node: AnyNode): AnyNode[] {
  const nodes = [node];
  for (const at of nodes) nodes.push(...childrenOf(at));
  return nodes;
}

/** The name of the member that is meant, if it is written out: `a.name`, `a["name"]`, `a[0]`. */
export function memberName(node: MemberExpression): string | undefined {
  if (node.computed) return literalName(node.property);
  return node.property.type === 'Identifier' ? node.property.name : undefined;
}

/** The name that a literal means as the key of a member. */
export function literalName(node: AnyNode): string | undefined {
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined;
  }
  if (node.type !== 'Literal') return undefined;
  return typeof node.value === 'string' || typeof node.value === 'number' ? String(node.value) : undefined;
}

/** The name of a member in an object pattern or an object literal, if it is written out and not computed. */
export function keyName(node: AnyNode): string | undefined {
  if (node.type !== 'Property' || node.computed) return undefined;
  return node.key.type === 'Identifier' ? node.key.name : literalName(node.key);
}
