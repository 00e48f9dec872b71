/** What to type in a shell, bash or zsh, to name any path; what is printed of it has no control characters. */
export function shellWord(path: string): string {
  const safe = path.startsWith('-') ? `./${path}` : path;
  if (/^[\w./@%+,:=-]+$/.test(safe)) return safe;
  // oxlint-disable-next-line no-control-regex -- these are what cannot be shown
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(safe)) return `'${safe.replaceAll("'", String.raw`'\''`)}'`;
  const quoted = safe.replaceAll(/[\\']/g, char => `\\${char}`);
  // oxlint-disable-next-line no-control-regex
  const shown = quoted.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, char =>
    Array.from(Buffer.from(char, 'utf8'), byte => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `$'${shown}'`;
}
