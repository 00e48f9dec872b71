/**
 * Writes the parts of events as bytes into one buffer that is used again and again: nothing here makes an object or a string
 * for an event. Whoever writes sees to it that there is room.
 *
 * Behind the room for events stands a text of random words, from which longer texts are copied.
 */

const ZERO = 0x30;
const HYPHEN = 0x2d;
const POINT = 0x2e;
/** Up to this many bytes a loop is faster than a call. */
const SHORT_BYTES = 8;
const DAY_MS = 86_400_000;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

export class EventWriter {
  readonly bytes: Buffer;
  /** Where the next byte goes. */
  at = 0;
  readonly #room: number;
  readonly #textBytes: number;
  /** The day, counted from 1970, that `#date` is of. */
  #day = Number.NaN;
  readonly #date = new Uint8Array(10);

  constructor(room: number, text: Buffer) {
    this.bytes = Buffer.allocUnsafe(room + text.length);
    this.bytes.set(text, room);
    this.#room = room;
    this.#textBytes = text.length;
  }

  get free(): number {
    return this.#room - this.at;
  }

  copy(piece: Uint8Array): void {
    const { bytes } = this;
    const { length } = piece;
    let { at } = this;
    if (length > SHORT_BYTES) bytes.set(piece, at);
    else for (let index = 0; index < length; index++) bytes[at++] = piece[index]!;
    this.at += length;
  }

  byte(byte: number): void {
    this.bytes[this.at++] = byte;
  }

  /** A whole number, at most 2^53. */
  whole(value: number): void {
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9);
      this.whole(high);
      this.digits(value - high * 1e9, 9);
      return;
    }
    let count = 1;
    for (let bound = 10; value >= bound; bound *= 10) count++;
    this.digits(value, count);
  }

  /** The last `count` digits of a number below 2^31. */
  digits(value: number, count: number): void {
    const { bytes, at } = this;
    let rest = value | 0;
    for (let place = at + count - 1; place >= at; place--) {
      const next = (rest / 10) | 0;
      bytes[place] = ZERO + rest - next * 10;
      rest = next;
    }
    this.at = at + count;
  }

  /** `value` / 10^`places`, as JSON.stringify spells it; at most 2^31 in size. */
  decimal(value: number, places: number): void {
    let [rest, kept, unit] = [Math.abs(value), places, 1];
    for (; kept > 0 && rest % 10 === 0; kept--) rest /= 10;
    for (let place = kept; place > 0; place--) unit *= 10;
    if (value < 0) this.byte(HYPHEN);
    this.whole(Math.floor(rest / unit));
    if (kept === 0) return;
    this.byte(POINT);
    this.digits(rest % unit, kept);
  }

  /** The low `count` hexadecimal digits of `bits`, at most 8. */
  hex(bits: number, count: number): void {
    for (let shift = (count - 1) * 4; shift >= 0; shift -= 4) {
      this.bytes[this.at++] = HEX[(bits >>> shift) & 15]!;
    }
  }

  /** As toISOString spells it: `2026-01-01T00:00:00.000Z`. The year has four digits. */
  time(ms: number): void {
    const day = Math.floor(ms / DAY_MS);
    if (day !== this.#day) this.#turnTo(day);
    const inDay = ms - day * DAY_MS;
    const seconds = (inDay / 1000) | 0;
    const minutes = (seconds / 60) | 0;
    this.copy(this.#date);
    this.byte(0x54);
    this.digits((minutes / 60) | 0, 2);
    this.byte(0x3a);
    this.digits(minutes % 60, 2);
    this.byte(0x3a);
    this.digits(seconds % 60, 2);
    this.byte(POINT);
    this.digits(inDay % 1000, 3);
    this.byte(0x5a);
  }

  /** `length` bytes of the random text, from a place that `bits` choose. */
  text(bits: number, length: number): void {
    for (let left = length; left > 0; ) {
      const piece = Math.min(left, this.#textBytes >> 1);
      const from = this.#room + (bits % (this.#textBytes - piece));
      this.bytes.copyWithin(this.at, from, from + piece);
      this.at += piece;
      left -= piece;
    }
  }

  /** From days to the date, as Howard Hinnant's `civil_from_days` does it: years begin in March, eras have 400 of them. */
  #turnTo(day: number): void {
    this.#day = day;
    const shifted = day + 719_468;
    const era = Math.floor(shifted / 146_097);
    const inEra = shifted - era * 146_097;
    const yearOfEra = Math.floor(
      (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
    );
    const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
    const month = Math.floor((5 * inYear + 2) / 153);
    const start = this.at;
    this.digits(yearOfEra + era * 400 + (month >= 10 ? 1 : 0), 4);
    this.byte(HYPHEN);
    this.digits(month < 10 ? month + 3 : month - 9, 2);
    this.byte(HYPHEN);
    this.digits(inYear - Math.floor((153 * month + 2) / 5) + 1, 2);
    for (let index = 0; index < 10; index++) this.#date[index] = this.bytes[start + index]!;
    this.at = start;
  }
}
