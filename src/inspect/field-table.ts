import { FieldSketch } from './field-sketch.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { pathText } from './path-text.ts';
import type { FieldReport, FieldType } from './report.ts';
import { ValueHash } from './value-hash.ts';

/**
 * The fields of all events: a tree of names, in which the items of an array are one node.
 *
 * However many names the events have, only the first FIELDS_MAX that come have a node, and names that are too long or
 * too deep have none. About how many others there are is estimated, not kept.
 */

const FIELDS_MAX = 1000;
const NAME_LENGTH_MAX = 256;
const DEPTH_MAX = 16;
const EXAMPLE_LENGTH_MAX = 60;
const OTHERS_REGISTER_BITS = 12;

export const FIELD_TYPES = ['string', 'integer', 'number', 'boolean', 'null', 'object', 'array'] as const;
/** Where each of them is counted. */
export const AT = { string: 0, integer: 1, number: 2, boolean: 3, null: 4, object: 5, array: 6 } as const;

export class FieldNode {
  /** Events that have it, and values that it has in them. */
  events = 0;
  values = 0;
  readonly types = new Float64Array(FIELD_TYPES.length);
  sketch: FieldSketch | undefined;
  example: string | number | boolean | undefined;
  lastEvent = -1;
  /** The names that lead to it; `[]` behind one stands for the items of an array. */
  readonly names: readonly string[];
  readonly number: number;
  readonly depth: number;
  readonly inArray: boolean;
  readonly members = new Map<string, FieldNode>();
  items: FieldNode | undefined;

  constructor(names: readonly string[], number: number, depth: number, inArray: boolean) {
    this.names = names;
    this.number = number;
    this.depth = depth;
    this.inArray = inArray;
  }
}

export class FieldTable {
  /** The event itself. */
  readonly root = new FieldNode([], 0, 0, false);
  readonly nodes: FieldNode[] = [];
  readonly #fieldsMax: number;
  #event = 0;
  #othersSeen = false;
  readonly #others = new HyperLogLog(OTHERS_REGISTER_BITS);
  readonly #hash = new ValueHash();

  constructor(fieldsMax = FIELDS_MAX) {
    this.#fieldsMax = fieldsMax;
  }

  add(event: unknown): void {
    this.#event++;
    this.#visit(this.root, event);
  }

  /** About how many fields there are that are not in the table. */
  get others(): number {
    return this.#othersSeen ? Math.max(1, Math.round(this.#others.estimate())) : 0;
  }

  #visit(node: FieldNode, value: unknown): void {
    if (node.lastEvent !== this.#event) {
      node.lastEvent = this.#event;
      node.events++;
    }
    node.values++;
    switch (typeof value) {
      case 'string':
        node.types[AT.string]!++;
        this.#scalar(node, value);
        return;
      case 'number':
        node.types[Number.isInteger(value) ? AT.integer : AT.number]!++;
        this.#scalar(node, value);
        return;
      case 'boolean':
        node.types[AT.boolean]!++;
        node.example ??= value;
        return;
      default:
        if (value === null) node.types[AT.null]!++;
        else if (Array.isArray(value)) this.#array(node, value);
        else this.#object(node, value as Record<string, unknown>);
    }
  }

  #scalar(node: FieldNode, value: string | number): void {
    node.sketch ??= new FieldSketch();
    node.sketch.add(value);
    if (node.example === undefined || node.example === '') node.example = exampleOf(value);
  }

  #array(node: FieldNode, items: readonly unknown[]): void {
    node.types[AT.array]!++;
    if (items.length === 0) return;
    if (node.items === undefined) {
      if (!this.#hasRoom(node)) return this.#miss(node, '[]');
      node.items = this.#grow(itemNames(node.names), node, true);
    }
    for (const item of items) this.#visit(node.items, item);
  }

  #object(node: FieldNode, value: Record<string, unknown>): void {
    node.types[AT.object]!++;
    for (const name of Object.keys(value)) {
      let member = node.members.get(name);
      if (member === undefined) {
        if (name.length > NAME_LENGTH_MAX || !this.#hasRoom(node)) {
          this.#miss(node, name);
          continue;
        }
        member = this.#grow([...node.names, name], node, node.inArray);
        node.members.set(name, member);
      }
      this.#visit(member, value[name]);
    }
  }

  #hasRoom(node: FieldNode): boolean {
    return this.nodes.length < this.#fieldsMax && node.depth < DEPTH_MAX;
  }

  #grow(names: readonly string[], parent: FieldNode, inArray: boolean): FieldNode {
    const node = new FieldNode(names, this.nodes.length + 1, parent.depth + 1, inArray);
    this.nodes.push(node);
    return node;
  }

  /** Notes that there is a field which has no place in the table. */
  #miss(node: FieldNode, name: string): void {
    this.#othersSeen = true;
    this.#hash.ofText(name);
    const { a, b } = this.#hash;
    // The same name in another object is another field.
    this.#hash.ofNumber(node.number * 2 ** 32 + (a >>> 0));
    this.#others.add(this.#hash.a, this.#hash.b ^ b);
  }
}

function itemNames(names: readonly string[]): readonly string[] {
  return [...names.slice(0, -1), `${names.at(-1) ?? ''}[]`];
}

/** A value that stands for the others, cut where it is long; the text is copied, so that it does not keep its line. */
function exampleOf(value: string | number): string | number {
  if (typeof value !== 'string' || value.length <= EXAMPLE_LENGTH_MAX) return value;
  return Buffer.from(`${value.slice(0, EXAMPLE_LENGTH_MAX - 1)}…`, 'utf16le').toString('utf16le');
}

/** What is told of a field, in a table of so many events. */
export function describeField(node: FieldNode, events: number): FieldReport {
  const types: Partial<Record<FieldType, number>> = {};
  for (const [at, type] of FIELD_TYPES.entries()) {
    if (node.types[at]! > 0) types[type] = node.types[at]! / node.values;
  }
  return {
    path: pathText(node.names),
    presence: node.events / events,
    types,
    distinct: node.sketch?.distinct,
    example: node.example,
  };
}

/** The `most` fields that most events have, in the order in which they stand. */
export function mostPresent<Field extends Pick<FieldReport, 'presence'>>(
  fields: readonly Field[],
  most: number,
): Field[] {
  const kept = new Set([...fields].sort((one, other) => other.presence - one.presence).slice(0, most));
  return fields.filter(field => kept.has(field));
}
