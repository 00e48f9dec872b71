// Strings, white space and literals. A position of 0 means that what stands there is not valid.

export const NEWLINE: u32 = 0x0a;
export const QUOTE: u32 = 0x22;
export const BACKSLASH: u32 = 0x5c;

/** Whether the string that was walked last holds an escape. */
export let escaped: bool = false;
/** Whether any string of the line held one, and whether there was white space: for the spelling only. */
export let anyEscape: bool = false;
export let anySpace: bool = false;

export function beginText(): void {
  anyEscape = false;
  anySpace = false;
}

// @ts-ignore: decorator
@inline
export function skipSpace(at: usize): usize {
  return <u32>load<u8>(at) > 0x20 ? at : skipSpaces(at);
}

function skipSpaces(at: usize): usize {
  while (true) {
    const byte: u32 = load<u8>(at);
    if (byte != 0x20 && byte != 0x09 && byte != 0x0d) return at;
    anySpace = true;
    at++;
  }
}

/** Which of the sixteen bytes at `at` end a run inside a string, a bit each. May look beyond the chunk, at the table. */
// @ts-ignore: decorator
@inline
function stringStops(at: usize): i32 {
  const bytes = v128.load(at);
  const quotes = i8x16.eq(bytes, i8x16.splat(<i8>QUOTE));
  const backslashes = i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH));
  const controls = i8x16.lt_u(bytes, i8x16.splat(0x20));
  return i8x16.bitmask(v128.or(v128.or(quotes, backslashes), controls));
}

/** The position behind the string whose first character is at `at`. */
// @ts-ignore: decorator
@inline
export function walkString(at: usize): usize {
  escaped = false;
  let stops = stringStops(at);
  while (stops == 0) {
    at += 16;
    stops = stringStops(at);
  }
  at += ctz(stops) as usize;
  return <u32>load<u8>(at) == QUOTE ? at + 1 : walkRest(at);
}

/** The same from a backslash or control character on. */
function walkRest(at: usize): usize {
  while (true) {
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte != BACKSLASH) return 0;
    escaped = true;
    anyEscape = true;
    at = walkEscape(at + 1);
    if (at == 0) return 0;
    let stops = stringStops(at);
    while (stops == 0) {
      at += 16;
      stops = stringStops(at);
    }
    at += ctz(stops) as usize;
  }
}

/** The position behind the escape whose backslash stands before `at`. */
function walkEscape(at: usize): usize {
  switch (<u32>load<u8>(at)) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: {
      // u
      for (let digit: usize = 1; digit <= 4; digit++) if (!isHex(<u32>load<u8>(at + digit))) return 0;
      return at + 5;
    }
    default:
      return 0;
  }
}

function isHex(byte: u32): bool {
  return byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 6;
}

/** The position behind `true`, `false` or `null`, whose first byte is at `at`. */
export function walkLiteral(at: usize): usize {
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4;
  return word == 0x736c6166 && <u32>load<u8>(at, 4) == 0x65 ? at + 5 : 0;
}

/** The first newline at or after `at`. */
export function lineEnd(at: usize): usize {
  const newline = i8x16.splat(<i8>NEWLINE);
  let found = i8x16.bitmask(i8x16.eq(v128.load(at), newline));
  while (found == 0) {
    at += 16;
    found = i8x16.bitmask(i8x16.eq(v128.load(at), newline));
  }
  return at + (ctz(found) as usize);
}

export function equal(a: usize, b: usize, length: usize): bool {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(a + at) != load<u64>(b + at)) return false;
  for (; at < length; at++) if (load<u8>(a + at) != load<u8>(b + at)) return false;
  return true;
}
