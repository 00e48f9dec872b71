import { OPEN_ARRAY, OPEN_OBJECT, SPACE } from '../kernel/json-bytes.ts';
import type { SelectTree } from '../query/select.ts';
import { PatchIndex } from './patch-index.ts';

/**
 * The fields of `--select` of an event of which there is no record, only text: one that a handler has made or changed, or
 * that was too odd for the kernel. What select-edits.ts writes for the others.
 */

const index = new PatchIndex();

/** In the place of a value that the text does not have. */
const NONE = -1;

/** The object of those fields that the event has, whose values keep their spelling; `text` is valid JSON. */
export function selectText(text: string, tree: SelectTree): string {
  let at = 0;
  while (text.charCodeAt(at) <= SPACE) at++;
  const first = text.charCodeAt(at);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return '{}';
  index.read(text);
  const selected = objectOf(text, tree, 0) ?? '{}';
  index.clear();
  return selected;
}

/** The members of `tree` that the value `node` has; undefined where it has none. */
function objectOf(text: string, tree: SelectTree, node: number): string | undefined {
  let members = '';
  for (const { name, value } of tree) {
    const found = memberOf(text, node, name);
    if (found === NONE) continue;
    const json = typeof value === 'number' ? index.textOf(found) : objectOf(text, value, found);
    if (json !== undefined) members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${json}`;
  }
  return members === '' ? undefined : `{${members}}`;
}

/** The value that `name` means in an object, where the last member of a name counts, or as an index in an array. */
function memberOf(text: string, node: number, name: string): number {
  const { starts, nexts } = index;
  const first = text.charCodeAt(starts[node]!);
  const end = nexts[node]!;
  let found = NONE;
  if (first === OPEN_OBJECT) {
    for (let child = node + 1; child < end; child = nexts[child]!) {
      if (index.nameOf(child) === name) found = child;
    }
  } else if (first === OPEN_ARRAY && /^(?:0|[1-9]\d{0,8})$/.test(name)) {
    let left = Number(name);
    for (let child = node + 1; child < end; child = nexts[child]!) if (left-- === 0) return child;
  }
  return found;
}
