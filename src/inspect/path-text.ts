/**
 * A path as a user may write it after `--key`: names joined by dots, or a JSON Pointer where that would be read as
 * something else.
 */
export function pathText(names: readonly string[]): string {
  const isPlain = names.every(name => name !== '' && !name.includes('.')) && !names[0]?.startsWith('/');
  if (isPlain) return names.join('.');
  return names.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
