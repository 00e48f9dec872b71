import { KEY_SEGMENTS_MAX } from '../base/limits.ts';

/** Which paths of an expression the kernel can follow, and how they are written for it. */

/** The path as a JSON Pointer, which any name can stand in. */
export function pointerOf(names: readonly string[]): string {
  return names.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * Whether the kernel's field is the value that JavaScript finds under these names, if each of them is a member of an
 * object. Indices are left out, since texts and arrays have them too; `__proto__`, which is a name like any other only in
 * JSON; and names that are no UTF-8.
 */
export function isFieldPath(names: readonly string[]): boolean {
  if (names.length === 0 || names.length > KEY_SEGMENTS_MAX) return false;
  return names.every(name => !/^(?:0|[1-9]\d*)$/.test(name) && name !== '__proto__' && isWellFormed(name));
}

/** Whether `text` can be written as UTF-8: a lone surrogate cannot. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
