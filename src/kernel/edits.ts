/**
 * The output of a line, as edits to its own bytes: in the slot's memory, where the lanes write them and the merge reads
 * them. Words of 32 bits:
 *
 *     list:  bytes  events  count | edit 0 | edit 1 | …
 *     edit:  from   to      textFrom  textTo
 *
 * An edit copies `from..to` of the slot's bytes, and then `textFrom..textTo` of the edits' own memory. `bytes` is the length
 * of it all, `events` how many events it is. An event that is replaced is one text; one that is changed is its own bytes
 * with texts between them.
 */
export const EDIT_LIST_WORDS = 3;
export const EDIT_WORDS = 4;

/** The first word of the memory says how much of it is taken; nothing else lies in the first sixteen bytes. */
export const EDITS_TAKEN = 0;
export const EDITS_FROM = 16;

/** Gives the memory of edits free. */
export function clearEdits(edits: Int32Array): void {
  Atomics.store(edits, EDITS_TAKEN, EDITS_FROM);
}

/** Takes `bytes` of the memory, a multiple of 16; returns where, or -1 where no room is left. */
export function takeEdits(edits: Int32Array, bytes: number): number {
  // Whoever finds no room leaves the mark beyond the end: the next one finds none either.
  const at = Atomics.add(edits, EDITS_TAKEN, bytes);
  return at + bytes <= edits.length * 4 ? at : -1;
}
