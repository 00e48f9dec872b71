/** Marks a line without an event, in an array that says for each line which lane has it. */
export const BLANK = 255;

/** Most lanes of a run: what such an array can name. */
export const LANES_MAX = 254;
