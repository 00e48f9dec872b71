import { types } from 'node:util';

/**
 * What patchText has to give, written down rule by rule without a thought for speed: the text is parsed into a tree, and
 * everything is looked at as often as it is needed.
 */

interface Member {
  readonly name: string;
  /** Where its name begins. */
  readonly start: number;
  readonly value: Node;
}

export interface Node {
  readonly start: number;
  readonly end: number;
  /** Its text. */
  readonly raw: string;
  readonly members?: readonly Member[];
  readonly items?: readonly Node[];
}

export function referencePatch(text: string, value: unknown): string | undefined {
  const root = parseTree(text);
  return patched(text, root, value, '');
}

export function parseTree(text: string): Node {
  return readValue(text, skip(text, 0));
}

function skip(text: string, at: number): number {
  return at + /^[ \t\r\n]*/.exec(text.slice(at))![0].length;
}

function readScalar(text: string, at: number): Node {
  const [raw] = /^(?:"(?:[^"\\]|\\.)*"|[^\s,\]}]+)/.exec(text.slice(at))!;
  return { start: at, end: at + raw.length, raw };
}

function readValue(text: string, start: number): Node {
  const first = text[start];
  if (first !== '{' && first !== '[') return readScalar(text, start);
  const members: Member[] = [];
  const items: Node[] = [];
  let at = skip(text, start + 1);
  while (text[at] !== '}' && text[at] !== ']') {
    let value: Node;
    if (first === '{') {
      const name = readScalar(text, at);
      value = readValue(text, skip(text, skip(text, name.end) + 1));
      members.push({ name: JSON.parse(name.raw) as string, start: at, value });
    } else {
      value = readValue(text, at);
      items.push(value);
    }
    at = skip(text, value.end);
    if (text[at] === ',') at = skip(text, at + 1);
  }
  const node = { start, end: at + 1, raw: text.slice(start, at + 1) };
  return first === '{' ? { ...node, members } : { ...node, items };
}

function hasToJson(value: unknown): boolean {
  const asked =
    (typeof value === 'object' && value !== null) || ['function', 'bigint'].includes(typeof value);
  return asked && typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !types.isProxy(value) &&
    !Array.isArray(value) &&
    !types.isBoxedPrimitive(value) &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !hasToJson(value)
  );
}

function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value) && !types.isProxy(value) && !hasToJson(value);
}

function lastOf(members: readonly Member[], name: string): Member | undefined {
  return members.filter(member => member.name === name).at(-1);
}

/** Whether `value` is what the text of `node` decodes to. */
export function isSame(node: Node, value: unknown): boolean {
  if (node.members !== undefined) {
    if (!isPlain(value)) return false;
    const keys = Object.keys(JSON.parse(node.raw) as object);
    return (
      JSON.stringify(keys) === JSON.stringify(Object.keys(value)) &&
      keys.every(key => isSame(lastOf(node.members!, key)!.value, value[key]))
    );
  }
  if (node.items !== undefined) {
    return (
      isArray(value) &&
      value.length === node.items.length &&
      node.items.every((item, at) => isSame(item, value[at]))
    );
  }
  return Object.is(JSON.parse(node.raw), value);
}

function patched(text: string, node: Node | undefined, value: unknown, key: string): string | undefined {
  if (node === undefined) return stringified(value, key);
  if (isSame(node, value)) return node.raw;
  if (node.members !== undefined && isPlain(value)) return patchedObject(text, node, node.members, value);
  if (node.items !== undefined && isArray(value)) return patchedArray(text, node, node.items, value);
  return stringified(value, key);
}

function stringified(value: unknown, key: string): string | undefined {
  const json = JSON.stringify({ [key]: value });
  return json === '{}' ? undefined : json.slice(JSON.stringify(key).length + 2, -1);
}

function patchedObject(
  text: string,
  node: Node,
  members: readonly Member[],
  value: Record<string, unknown>,
): string {
  const now = Object.keys(value).flatMap(name => {
    const json = patched(text, lastOf(members, name)?.value, value[name], name);
    return json === undefined ? [] : [{ name, json }];
  });
  const names = members.map(({ name }) => name);
  const kept = members.filter(({ name }) => now.some(member => member.name === name));
  const inOrder = kept.every(({ name }, at) => now[at]?.name === name);
  if (new Set(names).size < names.length || !inOrder) {
    return `{${now.map(({ name, json }) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
  }
  const added = now.slice(kept.length).map(({ name, json }) => `${JSON.stringify(name)}:${json}`);
  const open = node.start + 1;
  const lastEnd = members.at(-1)?.value.end ?? open;
  if (kept.length === 0) return `{${added.join(',')}${text.slice(lastEnd, node.end)}`;
  // The white space before the first name stays, whoever's name it is.
  let result = `{${text.slice(open, members[0]!.start)}`;
  for (const [at, member] of kept.entries()) {
    result += text.slice(member.start, member.value.start) + now[at]!.json;
    const next = kept[at + 1];
    if (next === undefined) break;
    const follower = members[members.indexOf(member) + 1]!;
    // Up to the next name, whether that is taken out or not; then the next one that stays.
    result += text.slice(member.value.end, follower.start);
  }
  result += added.map(json => `,${json}`).join('');
  return result + text.slice(lastEnd, node.end);
}

function patchedArray(text: string, node: Node, items: readonly Node[], value: readonly unknown[]): string {
  const now = Array.from(value, (item, at) => patched(text, items[at], item, String(at)) ?? 'null');
  if (now.length !== items.length) return `[${now.join(',')}]`;
  let result = '';
  let copied = node.start;
  for (const [at, item] of items.entries()) {
    result += text.slice(copied, item.start) + now[at]!;
    copied = item.end;
  }
  return result + text.slice(copied, node.end);
}
