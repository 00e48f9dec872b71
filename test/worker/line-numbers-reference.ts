import { types } from 'node:util';
import { type Node, parseTree } from './patch-reference.ts';

/**
 * The JSON of a result in which numbers keep the digits of the line, written down rule by rule without a thought for
 * speed: each number of the line is looked up in the result by its path.
 */
export function referenceNumbers(line: string, json: string, value: unknown): string {
  let result = json;
  const lineTree = parseTree(line);
  // Replaced from the end, so that what stands before stays where it is.
  for (const { node, path } of scalarsOf(parseTree(json), []).reverse()) {
    const original = at(lineTree, path);
    if (path.length === 0 || original === undefined || !isNumber(original)) continue;
    const number = JSON.parse(original.raw) as number;
    const isSame =
      Number.isFinite(number) && !Object.is(number, -0)
        ? isNumber(node) && Object.is(JSON.parse(node.raw), number)
        : Object.is(memberAt(value, path), number) && node.raw === JSON.stringify(number);
    if (isSame) result = result.slice(0, node.start) + original.raw + result.slice(node.end);
  }
  return result;
}

interface Found {
  readonly node: Node;
  readonly path: readonly string[];
}

function scalarsOf(node: Node, path: readonly string[]): Found[] {
  if (node.members !== undefined) {
    return node.members.flatMap(({ name, value }) => scalarsOf(value, [...path, `.${name}`]));
  }
  if (node.items !== undefined) return node.items.flatMap((item, i) => scalarsOf(item, [...path, `${i}`]));
  return [{ node, path }];
}

/** What the path leads to; a step is the name of a member behind a point, or an index. */
function at(node: Node, path: readonly string[]): Node | undefined {
  let found: Node | undefined = node;
  for (const step of path) {
    found = step.startsWith('.')
      ? found?.members?.filter(({ name }) => name === step.slice(1)).at(-1)?.value
      : found?.items?.[Number(step)];
  }
  return found;
}

function isNumber(node: Node): boolean {
  return /^[-0-9]/.test(node.raw);
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || types.isProxy(found)) return undefined;
    if (typeof (found as { toJSON?: unknown }).toJSON === 'function') return undefined;
    const name = step.startsWith('.') ? step.slice(1) : step;
    found = Object.getOwnPropertyDescriptors(found)[name]?.value;
  }
  return found;
}
