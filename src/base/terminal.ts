/**
 * What may be shown on a terminal: text from data and file names could steer it, so control characters (C0, DEL, C1)
 * are written as \u escapes.
 */

// oxlint-disable-next-line no-control-regex -- that is what it is for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** `text` with its control characters escaped, but for newlines and tabs. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
