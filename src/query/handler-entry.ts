import type { AnyNode, Identifier, ObjectExpression } from 'acorn';
import type { Scopes } from './handler-scopes.ts';
import { type FunctionNode, isFunction, keyName, type Syntax } from './handler-syntax.ts';

/** Finds the handler in a module, by the rules by which millrace takes it from the module's exports. */

export interface HandlerEntry {
  readonly handler: FunctionNode;
  /** What Function.prototype.toString gives for it. */
  readonly source: string;
}

/** Variables that may stand between the export and what it is. */
const ALIASES_MAX = 8;

/** The handler, if it is certain which function of the module that is. */
export function findHandler(syntax: Syntax, scopes: Scopes, millraceUrl: string): HandlerEntry | undefined {
  const exported = defaultExport(syntax);
  if (exported === undefined) return undefined;
  const entry = new Resolver(syntax, scopes, millraceUrl).handlerIn(exported);
  // A function in another one would see variables that are made anew with each call of that one.
  return entry === undefined || syntax.functionAround(entry.handler) !== undefined ? undefined : entry;
}

function defaultExport(syntax: Syntax): AnyNode | undefined {
  for (const node of syntax.program.body) {
    if (node.type === 'ExportDefaultDeclaration') return node.declaration;
    if (node.type !== 'ExportNamedDeclaration' || node.source) continue;
    for (const { exported, local } of node.specifiers) {
      const name = exported.type === 'Identifier' ? exported.name : exported.value;
      if (name === 'default') return local;
    }
  }
  return undefined;
}

class Resolver {
  readonly #syntax: Syntax;
  readonly #scopes: Scopes;
  readonly #millraceUrl: string;

  constructor(syntax: Syntax, scopes: Scopes, millraceUrl: string) {
    this.#syntax = syntax;
    this.#scopes = scopes;
    this.#millraceUrl = millraceUrl;
  }

  handlerIn(exported: AnyNode): HandlerEntry | undefined {
    const { value, shared } = this.#valueOf(exported);
    if (value === undefined) return undefined;
    if (isFunction(value)) return { handler: value, source: this.#syntax.text(value) };
    // Whoever else has the object could put another function in it.
    if (shared) return undefined;
    if (value.type === 'ObjectExpression') return this.#handleOf(value);
    if (value.type !== 'CallExpression' || !this.#isDefineHandler(value.callee)) return undefined;
    const [definition] = value.arguments;
    if (definition === undefined || value.arguments.length > 1) return undefined;
    const { value: object, shared: isShared } = this.#valueOf(definition);
    return object?.type === 'ObjectExpression' && !isShared ? this.#handleOf(object) : undefined;
  }

  /** The value of an expression, through variables; `shared` if one of them is used elsewhere too. */
  #valueOf(expression: AnyNode): { value: AnyNode | undefined; shared: boolean } {
    let value: AnyNode | undefined = expression;
    let shared = false;
    for (let aliases = 0; value?.type === 'Identifier'; aliases++) {
      if (aliases === ALIASES_MAX) return { value: undefined, shared };
      const binding = this.#scopes.bindingOf(value);
      value = this.#scopes.valueOf(value);
      shared ||= binding === undefined || binding.mentions.length > 1 || this.#isExported(value);
    }
    return { value, shared };
  }

  /** Whether `value` is what a declaration that is exported itself begins with. */
  #isExported(value: AnyNode | undefined): boolean {
    if (value === undefined || isFunction(value)) return false;
    const declaration = this.#syntax.parent(this.#syntax.parent(value));
    return this.#syntax.parent(declaration).type === 'ExportNamedDeclaration';
  }

  #isDefineHandler(callee: AnyNode): boolean {
    if (callee.type !== 'Identifier') return false;
    const binding = this.#scopes.bindingOf(callee);
    if (binding?.kind !== 'import') return false;
    return this.#syntax.program.body.some(
      node =>
        node.type === 'ImportDeclaration' &&
        node.source.value === this.#millraceUrl &&
        node.specifiers.some(
          specifier =>
            specifier.type === 'ImportSpecifier' &&
            this.#scopes.bindingOf(specifier.local) === binding &&
            nameOf(specifier.imported) === 'defineHandler',
        ),
    );
  }

  /** The function that is the member `handle` of an object with nothing but plain members. */
  #handleOf(object: ObjectExpression): HandlerEntry | undefined {
    const plain = object.properties.filter(
      property => property.type === 'Property' && property.kind === 'init' && !property.computed,
    );
    const [handle, another] = plain.filter(property => keyName(property) === 'handle');
    if (plain.length < object.properties.length || another !== undefined) return undefined;
    if (handle?.type !== 'Property') return undefined;
    if (handle.method && isFunction(handle.value)) {
      return { handler: handle.value, source: this.#syntax.text(handle) };
    }
    const { value } = this.#valueOf(handle.value);
    return value !== undefined && isFunction(value)
      ? { handler: value, source: this.#syntax.text(value) }
      : undefined;
  }
}

function nameOf(node: Identifier | { readonly value?: unknown }): unknown {
  return 'name' in node ? node.name : node.value;
}
