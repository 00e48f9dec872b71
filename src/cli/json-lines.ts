/** JSON for people: on several lines, with every number and string spelt as it was. */

/** Nested deeper than this, it is shown as it is: the indentation would be most of it. */
const DEPTH_MAX = 50;
const INDENT = '  ';

/** `text` on several lines, or undefined where it is not JSON, or too deep. */
export function jsonLines(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let out = '';
  let depth = 0;
  const lineEnd = (): string => `\n${INDENT.repeat(depth)}`;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[{]\s*[\]}]|[^\s"[\]{},:]+|[[\]{},:]/g)) {
    if (token === '{' || token === '[') {
      depth++;
      if (depth > DEPTH_MAX) return undefined;
      out += token + lineEnd();
    } else if (token === '}' || token === ']') {
      depth--;
      out += lineEnd() + token;
    } else if (token === ',') out += token + lineEnd();
    else if (token === ':') out += ': ';
    else if (/^[[{]/.test(token)) out += token[0]! + token.at(-1)!;
    else out += token;
  }
  return out;
}
