import { escapeControls } from '../base/terminal.ts';

/** Text in columns of a terminal. */

export const COLUMNS = 80;

/** Characters that take two columns: East Asian ones and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ELLIPSIS = '…';

function widthOf(char: string): number {
  return WIDE.test(char) ? 2 : 1;
}

export function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += widthOf(char);
  return columns;
}

/** Text from data as it may stand in a line: control characters, line ends and tabs among them, are escaped. */
export function onOneLine(text: string): string {
  return escapeControls(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** `text`, or as much of its beginning as fits into `width` columns with an ellipsis. */
export function cut(text: string, width: number): string {
  let columns = 0;
  let fitting = '';
  for (const char of text) {
    const next = columns + widthOf(char);
    if (next > width) return `${fitting}${ELLIPSIS}`;
    columns = next;
    // What stands in the last column may have to make room for the ellipsis.
    if (columns < width) fitting += char;
  }
  return text;
}

export function padded(text: string, width: number, atRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - columnsOf(text)));
  return atRight ? space + text : text + space;
}

/** Lines of at most `width` columns, broken at spaces, or inside a word that is longer than a line. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (columnsOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const char of word) {
      if (columnsOf(line) + widthOf(char) > width) {
        lines.push(line);
        line = '';
      }
      line += char;
    }
  }
  lines.push(line);
  return lines;
}
