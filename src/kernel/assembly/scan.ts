// AssemblyScript: it reads like TypeScript and works like C. Raw memory and plain functions only; `npm run kernel`
// compiles it into ../module.ts. It is not part of the TypeScript build.
//
// The same walk as ../scan.ts, over a whole chunk: finds every line, its key, and the lane that owns the key's group,
// and writes them into the line table (../line-table.ts). What is rare is left to the other engine, line by line: a key
// or a name beside the path that is spelt with escapes.
//
// Invariant: the bytes end in a newline, so no loop needs a bounds check.

const NEWLINE: u32 = 0x0a;
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const OPEN_OBJECT: u32 = 0x7b;
const CLOSE_OBJECT: u32 = 0x7d;
const OPEN_ARRAY: u32 = 0x5b;
const CLOSE_ARRAY: u32 = 0x5d;

/** In the lane's place: no event in the line, and a line that the other engine must look at. */
const BLANK: u32 = 255;
const UNDECIDED: u32 = 254;

const NO_VALUE: u32 = 0;
const PLAIN: u32 = 1;
const RARE: u32 = 2;

/** For each byte bits that say where it ends a run: between brackets, in a number or literal. */
const NEST_STOP: u32 = 1;
const SCALAR_STOP: u32 = 2;
const STOPS: usize = memory.data(256);

/** The path: how many segments, and for each where its name is and how long (two u32 each, at PATH). */
const PATH: usize = memory.data(32 * 8);
let segments: i32 = 0;

let lanes: u32 = 1;
/** For each key group its lane. */
const LANE_OF_GROUP: usize = memory.data(256);
/** Bytes that the chunk at hand brings to each lane (u32 each). */
const LANE_BYTES: usize = memory.data(256 * 4);

/** Of the value that was found last. */
let found: u32 = 0;
let valueStart: usize = 0;
let valueEnd: usize = 0;
/** Whether the string that was skipped last holds an escape. */
let escaped: bool = false;

function stop(byte: u32, kinds: u32): void {
  store<u8>(STOPS + byte, load<u8>(STOPS + byte) | kinds);
}

/** Must be called once. Returns where the lane of each of the 256 key groups must be put before lines are assigned. */
export function prepare(laneCount: u32): usize {
  lanes = laneCount;
  stop(NEWLINE, NEST_STOP | SCALAR_STOP);
  stop(QUOTE, NEST_STOP);
  stop(OPEN_OBJECT, NEST_STOP);
  stop(CLOSE_OBJECT, NEST_STOP | SCALAR_STOP);
  stop(OPEN_ARRAY, NEST_STOP);
  stop(CLOSE_ARRAY, NEST_STOP | SCALAR_STOP);
  stop(COMMA, SCALAR_STOP);
  stop(0x20, SCALAR_STOP);
  stop(0x09, SCALAR_STOP);
  stop(0x0d, SCALAR_STOP);
  return LANE_OF_GROUP;
}

/** Adds a segment to the path; its name is at `name`, and stays there. */
export function addSegment(name: usize, length: u32): void {
  store<u32>(PATH + (segments << 3), name as u32);
  store<u32>(PATH + (segments << 3), length, 4);
  segments++;
}

/** Where the bytes are that the last chunk has brought to each lane, as u32. */
export function laneBytes(): usize {
  return LANE_BYTES;
}

/**
 * Goes through the lines of `bytes[from..to)`. Writes each one's start and newline, as offsets from `bytes`, to `starts`
 * and `ends`, and its lane to `laneOf`. Returns the number of lines, negative if some are UNDECIDED.
 */
export function assign(bytes: usize, from: u32, to: u32, starts: usize, ends: usize, laneOf: usize): i32 {
  memory.fill(LANE_BYTES, 0, lanes << 2);
  let undecided = false;
  let line: i32 = 0;
  let at = bytes + from;
  const end = bytes + to;
  while (at < end) {
    const start = at;
    found = NO_VALUE;
    at = skipSpace(at);
    const first: u32 = load<u8>(at);
    const blank = first == NEWLINE;
    if (first == OPEN_OBJECT) at = walkObject(at, 0);
    while (<u32>load<u8>(at) != NEWLINE) at++;
    store<u32>(starts + (line << 2), (start - bytes) as u32);
    store<u32>(ends + (line << 2), (at - bytes) as u32);
    let lane: u32;
    if (blank) {
      lane = BLANK;
    } else if (found == RARE) {
      lane = UNDECIDED;
      undecided = true;
    } else {
      lane = found == NO_VALUE ? leastLoaded() : <u32>load<u8>(LANE_OF_GROUP + groupOf(valueStart, valueEnd));
      const sum = LANE_BYTES + (lane << 2);
      store<u32>(sum, load<u32>(sum) + ((at - start) as u32));
    }
    store<u8>(laneOf + line, lane as u8);
    line++;
    at++;
  }
  return undecided ? -line : line;
}

/** An event without a key can go anywhere: where this chunk has brought the fewest bytes. */
function leastLoaded(): u32 {
  let best: u32 = 0;
  for (let lane: u32 = 1; lane < lanes; lane++) {
    if (load<u32>(LANE_BYTES + (lane << 2)) < load<u32>(LANE_BYTES + (best << 2))) best = lane;
  }
  return best;
}

/** Kafka's murmur2 (partition/murmur2.ts) and the key group of its hash. */
function groupOf(start: usize, end: usize): usize {
  const m: u32 = 0x5bd1e995;
  let h: u32 = 0x9747b28c ^ ((end - start) as u32);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let k = load<u32>(at) * m;
    k ^= k >> 24;
    h = (h * m) ^ (k * m);
  }
  const rest = (end - at) as u32;
  if (rest == 3) h ^= (<u32>load<u8>(at, 2)) << 16;
  if (rest >= 2) h ^= (<u32>load<u8>(at, 1)) << 8;
  if (rest >= 1) h = (h ^ <u32>load<u8>(at)) * m;
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return (h & 255) as usize;
}

function walkObject(open: usize, depth: i32): usize {
  let at = skipSpace(open + 1);
  if (<u32>load<u8>(at) == CLOSE_OBJECT) return at + 1;
  const name = load<u32>(PATH + (depth << 3)) as usize;
  const length = load<u32>(PATH + (depth << 3), 4) as usize;
  while (true) {
    if (<u32>load<u8>(at) != QUOTE) return at;
    const nameStart = at + 1;
    at = skipString(nameStart);
    let wanted = false;
    if (escaped) {
      // It may be the wanted name in another spelling, and a later one of it would count.
      found = RARE;
      return at;
    }
    if (at - 1 - nameStart == length) wanted = equal(nameStart, name, length);
    at = skipSpace(at);
    if (<u32>load<u8>(at) != COLON) return at;
    at = skipSpace(at + 1);
    at = wanted ? take(at, depth) : skipValue(at);
    if (found == RARE) return at;
    at = skipSpace(at);
    const next: u32 = load<u8>(at);
    if (next == CLOSE_OBJECT) return at + 1;
    if (next != COMMA) return at;
    at = skipSpace(at + 1);
  }
}

/** The value at `at` stands where the path leads: it replaces whatever was found before. */
function take(at: usize, depth: i32): usize {
  found = NO_VALUE;
  const first: u32 = load<u8>(at);
  if (depth + 1 < segments) return first == OPEN_OBJECT ? walkObject(at, depth + 1) : skipValue(at);
  const end = skipValue(at);
  if (first == QUOTE) {
    found = escaped ? RARE : PLAIN;
    valueStart = at + 1;
    valueEnd = end - 1;
  } else if (!(end - at == 4 && load<u32>(at) == 0x6c6c756e)) {
    // Not "null".
    found = PLAIN;
    valueStart = at;
    valueEnd = end;
  }
  return end;
}

function equal(a: usize, b: usize, length: usize): bool {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(a + at) != load<u64>(b + at)) return false;
  for (; at < length; at++) if (load<u8>(a + at) != load<u8>(b + at)) return false;
  return true;
}

/** The position behind the string whose first character is at `at`, or its line's newline. */
function skipString(at: usize): usize {
  escaped = false;
  while (true) {
    let stops = stringStops(at);
    while (stops == 0) {
      at += 16;
      stops = stringStops(at);
    }
    at += ctz(stops) as usize;
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte == NEWLINE) return at;
    escaped = true;
    at += <u32>load<u8>(at, 1) == NEWLINE ? 1 : 2;
  }
}

/** Which of the sixteen bytes at `at` end a run inside a string, a bit each. May look beyond the chunk, at the table. */
function stringStops(at: usize): i32 {
  const bytes = v128.load(at);
  const quotes = i8x16.eq(bytes, i8x16.splat(<i8>QUOTE));
  const backslashes = i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH));
  const newlines = i8x16.eq(bytes, i8x16.splat(<i8>NEWLINE));
  return i8x16.bitmask(v128.or(v128.or(quotes, backslashes), newlines));
}

function skipValue(at: usize): usize {
  const first: u32 = load<u8>(at);
  if (first == QUOTE) return skipString(at + 1);
  if (first == OPEN_OBJECT || first == OPEN_ARRAY) return skipNested(at);
  while (!(<u32>load<u8>(STOPS + <usize>load<u8>(at)) & SCALAR_STOP)) at++;
  return at;
}

function skipNested(at: usize): usize {
  let depth: i32 = 0;
  while (true) {
    while (!(<u32>load<u8>(STOPS + <usize>load<u8>(at)) & NEST_STOP)) at++;
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) {
      at = skipString(at + 1);
      continue;
    }
    if (byte == NEWLINE) return at;
    at++;
    if (byte == OPEN_OBJECT || byte == OPEN_ARRAY) depth++;
    else if (--depth == 0) return at;
  }
}

function skipSpace(at: usize): usize {
  while (true) {
    const byte: u32 = load<u8>(at);
    if (byte > 0x20 || (byte != 0x20 && byte != 0x09 && byte != 0x0d)) return at;
    at++;
  }
}
