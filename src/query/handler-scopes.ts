import type { AnyNode, Identifier, Pattern, VariableDeclaration } from 'acorn';
import { childrenOf, type FunctionNode, isFunction, type Syntax } from './handler-syntax.ts';

/**
 * Which name in a handler's module means which variable, by JavaScript's rules for strict code.
 *
 * Where two variables of one name share a value, or a rule is too seldom to be followed here, both are doubtful.
 */

export interface Binding {
  readonly kind: 'parameter' | 'variable' | 'function' | 'import' | 'other';
  /** What a variable declared by its plain name begins as, or the declaration of a function. */
  readonly value: AnyNode | undefined;
  /** Whether it may get another value than the one that it is declared with. */
  doubtful: boolean;
  /** Where it is read, or more than read. */
  readonly mentions: Identifier[];
}

class Scope {
  readonly #parent: Scope | undefined;
  /** Whether a `var` inside belongs here. */
  readonly #takesVar: boolean;
  readonly #bindings = new Map<string, Binding>();

  constructor(parent: Scope | undefined, takesVar = false) {
    this.#parent = parent;
    this.#takesVar = takesVar;
  }

  declare(name: string, kind: Binding['kind'], value?: AnyNode): Binding {
    const known = this.#bindings.get(name);
    if (known !== undefined) {
      known.doubtful = true;
      return known;
    }
    const binding: Binding = { kind, value, doubtful: false, mentions: [] };
    this.#bindings.set(name, binding);
    return binding;
  }

  own(name: string): Binding | undefined {
    return this.#bindings.get(name);
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.#parent?.find(name);
  }

  /** The scope that a `var` in this one belongs to. */
  forVar(): Scope {
    return this.#takesVar ? this : this.#parent!.forVar();
  }
}

export class Scopes {
  readonly #syntax: Syntax;
  /** What each identifier that declares or mentions a variable of the module means. */
  readonly #bindings = new Map<Identifier, Binding>();
  readonly #identifiers: (readonly [Identifier, Scope])[] = [];

  constructor(syntax: Syntax) {
    this.#syntax = syntax;
    const module = new Scope(undefined, true);
    for (const node of syntax.program.body) this.#visit(node, module);
    for (const [identifier, scope] of this.#identifiers) this.#resolve(identifier, scope);
  }

  /** The variable of the module that `identifier` means; undefined for a global one, and for what is no variable. */
  bindingOf(identifier: Identifier): Binding | undefined {
    return this.#bindings.get(identifier);
  }

  /** The function that is called when `node` is, if that is certain. */
  functionOf(node: AnyNode): FunctionNode | undefined {
    const value = node.type === 'Identifier' ? this.valueOf(node) : node;
    return value !== undefined && isFunction(value) ? value : undefined;
  }

  /** The one value that the variable `identifier` ever has, as it is written in its declaration. */
  valueOf(identifier: Identifier): AnyNode | undefined {
    const binding = this.bindingOf(identifier);
    return binding === undefined || binding.doubtful ? undefined : binding.value;
  }

  #visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier':
        this.#identifiers.push([node, scope]);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#visitFunction(node, scope);
        return;
      case 'SwitchStatement':
        this.#visit(node.discriminant, scope);
        this.#visitAll(node.cases, new Scope(scope));
        return;
      case 'VariableDeclaration':
        this.#declareVariables(node, scope);
        break;
      case 'ImportDeclaration':
        for (const { local } of node.specifiers) this.#declare(local, scope, 'import');
        break;
    }
    this.#visitAll(childrenOf(node), this.#scopeInside(node, scope));
  }

  #visitAll(nodes: readonly AnyNode[], scope: Scope): void {
    for (const node of nodes) this.#visit(node, scope);
  }

  /** The scope of what is inside `node`, which is neither a function nor a switch. */
  #scopeInside(node: AnyNode, scope: Scope): Scope {
    switch (node.type) {
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return new Scope(scope);
      case 'StaticBlock':
        return new Scope(scope, true);
      case 'CatchClause': {
        const inner = new Scope(scope);
        for (const name of namesIn(node.param)) this.#declare(name, inner, 'other');
        return inner;
      }
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const inner = new Scope(scope);
        if (node.id) this.#declare(node.id, inner, 'other');
        if (node.id && node.type === 'ClassDeclaration') this.#declare(node.id, scope, 'other');
        return inner;
      }
      default:
        return scope;
    }
  }

  #visitFunction(node: FunctionNode, scope: Scope): void {
    const around = new Scope(scope);
    if (node.type === 'FunctionDeclaration' && node.id) this.#declare(node.id, scope, 'function', node);
    if (node.type === 'FunctionExpression' && node.id) this.#declare(node.id, around, 'other');
    // Apart from the body: what stands in a default value does not see the variables inside.
    const parameters = new Scope(around);
    for (const param of node.params) {
      for (const name of namesIn(param)) this.#declare(name, parameters, 'parameter');
    }
    this.#visitAll(node.params, parameters);
    const body = new Scope(parameters, true);
    const { body: inside } = node;
    this.#visitAll(inside.type === 'BlockStatement' ? inside.body : [inside], body);
    for (const name of node.params.flatMap(namesIn)) {
      // `var` of the same name: one variable, or one that begins with the other's value.
      const again = body.own(name.name);
      if (again !== undefined) this.#doubt(again, parameters.own(name.name));
    }
  }

  #declareVariables({ kind, declarations }: VariableDeclaration, scope: Scope): void {
    const target = kind === 'var' ? scope.forVar() : scope;
    for (const { id, init } of declarations) {
      for (const name of namesIn(id)) {
        const value = name === id && init ? init : undefined;
        const plain = kind === 'var' || kind === 'let' || kind === 'const';
        this.#declare(name, target, plain ? 'variable' : 'other', value);
      }
    }
  }

  #declare(name: Identifier, scope: Scope, kind: Binding['kind'], value?: AnyNode): void {
    this.#bindings.set(name, scope.declare(name.name, kind, value));
  }

  #doubt(...bindings: readonly (Binding | undefined)[]): void {
    for (const binding of bindings) if (binding !== undefined) binding.doubtful = true;
  }

  #resolve(identifier: Identifier, scope: Scope): void {
    const meant = scope.find(identifier.name);
    const declared = this.#bindings.get(identifier);
    if (declared !== undefined) {
      // A `var` in a catch clause whose parameter has the name too: the value goes to the parameter.
      if (declared !== meant && declared.kind === 'variable') this.#doubt(declared, meant);
      return;
    }
    if (meant === undefined || isMereName(identifier, this.#syntax.parent(identifier))) return;
    this.#bindings.set(identifier, meant);
    if (this.#syntax.isTarget(identifier)) meant.doubtful = true;
    meant.mentions.push(identifier);
  }
}

/** The names that a pattern in a declaration declares. */
function namesIn(pattern: Pattern | null | undefined): Identifier[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern];
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesIn);
    case 'ObjectPattern':
      return pattern.properties.flatMap(property =>
        namesIn(property.type === 'Property' ? property.value : property),
      );
    default:
      return [];
  }
}

/** Whether `identifier`, inside `parent`, names a member, a label or an export, and no variable. */
function isMereName(identifier: Identifier, parent: AnyNode): boolean {
  switch (parent.type) {
    case 'MemberExpression':
      return parent.property === identifier && !parent.computed;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.key === identifier && !parent.computed;
    case 'ExportSpecifier':
      return parent.local !== identifier;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportSpecifier':
    case 'ImportAttribute':
    case 'ExportAllDeclaration':
      return true;
    default:
      return false;
  }
}
