/**
 * The bounds that keep memory independent of the input, each with its unit last in the name.
 *
 * What users may change has a flag in the command line, whose default stands here.
 */

export const KiB = 1024;
export const MiB = 1024 * KiB;

/** Bytes of a chunk: what is read at once, and handed to the lanes before the next is read. */
export const CHUNK_BYTES = 1 * MiB;

/** Bytes that one source may give before another that waits has its turn. */
export const TURN_BYTES = 4 * CHUNK_BYTES;

/** Plain bytes that one compressed file may hold (`--max-unpacked`). */
export const UNPACKED_BYTES_MAX = 1024 * 1024 * MiB;

/** Plain bytes for each compressed one (`--max-unpack-ratio`); real logs reach 100, and what deflate can do is 1032. */
export const UNPACK_RATIO_MAX = 250;

/** Plain bytes before the ratio is looked at. */
export const UNPACK_RATIO_FROM_BYTES = 16 * MiB;

/** How long a followed file that was renamed must have been silent to be given up, once its successor has been written to. */
export const ROTATED_WAIT_MS = 10_000;

/** Longest line by default (`--max-line`); a longer one becomes a dead letter. */
export const LINE_BYTES_MAX = 1 * MiB;

/** The largest `--max-line` that is taken: a line must fit into one chunk, and its text into one string. */
export const LINE_BYTES_LIMIT = 256 * MiB;

/** How much of a line that is too long its dead letter keeps. */
export const DEAD_EXCERPT_BYTES = 1 * KiB;

/** Chunks in flight: for each lane one at work and one waiting, and some being read and written meanwhile. */
export const CHUNKS_PER_LANE = 2;
export const CHUNKS_EXTRA = 3;

/** Chunks in flight besides, where lanes handle several events at the same time: with a slow one, others go on meanwhile. */
export const CHUNKS_CONCURRENT = 24;

/** Batches that one lane may have: one at work, one waiting so that the thread never idles. */
export const BATCHES_PER_LANE = 2;

/** Share of the events from which on a key is named in the summary, and how many keys are at the most. */
export const HOT_SHARE = 0.05;
export const HOT_KEYS_MAX = 5;

/** Bytes that one case of `millrace test` may give: they are compared in memory. */
export const CASE_BYTES_MAX = 64 * MiB;

/** Input that makes it worth while to start one more thread before there is work for it. */
export const LANE_START_BYTES = 8 * MiB;

/** Bytes that wait to be written to one output before the flow is held back. */
export const UNWRITTEN_BYTES_MAX = 4 * MiB;

/** A frame of a segment is closed at the first chunk's end at or past this. */
export const FRAME_BYTES = 256 * KiB;

/** Memory for the keys that are told apart at a time when a topic is compacted. */
export const KEYS_BYTES_MAX = 256 * MiB;

/** Plain bytes of a member of a compressed segment: what is unpacked to read one event. */
export const MEMBER_BYTES = 256 * KiB;

/** A segment is rolled at the first frame's end at or past this (`--segment-size`). */
export const SEGMENT_BYTES = 128 * MiB;

/** A segment is rolled also behind so many frames: the frames of one are read, and written in a snapshot, as a whole. */
export const SEGMENT_FRAMES_MAX = 16_384;

/** Empty lines in a row that stand for events that are gone; where more are, another segment begins behind them. */
export const GAP_LINES_MAX = 1 * MiB;

/** A journal file is rolled at the first record's end at or past this. */
export const JOURNAL_BYTES = 4 * MiB;

/** Time between two commits while there is something to commit (`--commit-interval`). */
export const COMMIT_INTERVAL_MS = 1000;

/** Time that a handler may take for one event (`--timeout`); 0 is for ever. */
export const HANDLER_TIMEOUT_MS = 30_000;

/** Time that a handler may take to load, its imports included, from when another thread has loaded it. */
export const HANDLER_LOAD_MS_MAX = 30_000;

/** Time that a handler may take to close what it has opened. */
export const HANDLER_CLOSE_MS_MAX = 5000;

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

/** Bytes of whole lines that one sender gives before the next one's turn. */
export const SENDER_TURN_BYTES = 64 * KiB;

/** Producers whose running numbers a job keeps. */
export const PRODUCERS_MAX = 10_000;

/** Connections at the same time, in all and from one address (`--max-connections`, `--max-per-address`). */
export const CONNECTIONS_MAX = 256;
export const CONNECTIONS_PER_ADDRESS_MAX = 16;

/** Time for a TLS handshake and for authentication (`--auth-timeout`). */
export const AUTH_TIMEOUT_MS = 5000;

/** Time from the first byte of a line to its end (`--line-timeout`). */
export const LINE_TIMEOUT_MS = 30_000;

/** Time for which a connection may be silent (`--idle-timeout`); 0 is for ever. */
export const IDLE_TIMEOUT_MS = 3_600_000;

/** Bytes of whole lines that wait for one connection, and for all together (`--connection-buffer`, `--buffer`). */
export const CONNECTION_BUFFER_BYTES = 256 * KiB;
export const BUFFER_BYTES = 64 * MiB;

/** Longest first line in which a sender says who it is. */
export const HELLO_BYTES_MAX = 4 * KiB;

/** How long `millrace send` tries to connect (`--retry`). */
export const SEND_RETRY_MS = 30_000;

/** Largest body of an HTTP request, as it is sent and unpacked (`--max-body`). */
export const BODY_BYTES_MAX = 16 * MiB;
