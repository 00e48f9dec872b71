/**
 * The bounds that keep memory independent of the input, each with its unit last in the name.
 *
 * What users may change has a flag in the command line, whose default stands here.
 */

export const KiB = 1024;
export const MiB = 1024 * KiB;

/** Bytes of a chunk: what is read at once, and handed to the lanes before the next is read. */
export const CHUNK_BYTES = 1 * MiB;

/** Longest line by default (`--max-line`); a longer one becomes a dead letter. */
export const LINE_BYTES_MAX = 1 * MiB;

/** The largest `--max-line` that is taken: a line must fit into one chunk, and its text into one string. */
export const LINE_BYTES_LIMIT = 256 * MiB;

/** How much of a line that is too long its dead letter keeps. */
export const DEAD_EXCERPT_BYTES = 1 * KiB;

/** Chunks in flight: for each lane one at work and one waiting, and some being read and written meanwhile. */
export const CHUNKS_PER_LANE = 2;
export const CHUNKS_EXTRA = 3;

/** Batches that one lane may have: one at work, one waiting so that the thread never idles. */
export const BATCHES_PER_LANE = 2;

/** Input that makes it worth while to start one more thread before there is work for it. */
export const LANE_START_BYTES = 8 * MiB;

/** Bytes that wait to be written to one output before the flow is held back. */
export const UNWRITTEN_BYTES_MAX = 4 * MiB;

/** A frame of a segment is closed at the first chunk's end at or past this. */
export const FRAME_BYTES = 256 * KiB;

/** A segment is rolled at the first frame's end at or past this (`--segment-size`). */
export const SEGMENT_BYTES = 128 * MiB;

/** A journal file is rolled at the first record's end at or past this. */
export const JOURNAL_BYTES = 4 * MiB;

/** Time between two commits while there is something to commit (`--commit-interval`). */
export const COMMIT_INTERVAL_MS = 1000;

/** Time that a handler may take for one event (`--timeout`); 0 is for ever. */
export const HANDLER_TIMEOUT_MS = 30_000;

/** Time that a handler may take to load, its imports included. */
export const HANDLER_LOAD_MS_MAX = 30_000;

/** Worker threads that die one after the other, with no batch done between, before the run gives up. */
export const LANE_DEATHS_MAX = 16;

/** Most segments that a key path may have. */
export const KEY_SEGMENTS_MAX = 32;

/** Longest expression that `--where` takes, in UTF-16 code units. */
export const WHERE_LENGTH_MAX = 16 * KiB;

/** How deep an expression may be nested; a chain of `&&` or `||` is one level, however long. */
export const QUERY_DEPTH_MAX = 200;

/** Most fields that one expression or selection may look at. What exceeds it in an expression is left to JavaScript. */
export const PREDICATE_FIELDS_MAX = 256;

/** Most tests of one predicate; a longer one is left to JavaScript. */
export const PREDICATE_TESTS_MAX = 4096;
