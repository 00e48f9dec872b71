/**
 * JSON compared by value, with numbers as they are written and not as doubles: 1.50 is 1.5, and 9223372036854775807 is not
 * 9223372036854775808.
 *
 * For that a text is parsed in a form in which every string, names of members among them, begins with `s`, and every number is
 * a string that begins with `n`.
 */

/** A value in that form. */
export type Exact = string | boolean | null | readonly Exact[] | { readonly [name: string]: Exact };

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Parses `text`; undefined where it is not JSON. */
export function parseExactly(text: string): Exact | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const marked = text.replace(STRING_OR_NUMBER, token =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  );
  return JSON.parse(marked) as Exact;
}

/** A text that two values share if and only if they are equal; throws RangeError where one is nested too deep. */
export function canonical(value: Exact): string {
  if (typeof value === 'string') return JSON.stringify(value.startsWith('n') ? sameNumber(value) : value);
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.keys(value).sort();
  return `{${members.map(name => `${JSON.stringify(name)}:${canonical(value[name]!)}`).join(',')}}`;
}

/** The value as JSON, its numbers as they were written; throws RangeError where it is nested too deep. */
export function written(value: Exact): string {
  if (typeof value === 'string') {
    return value.startsWith('n') ? value.slice(1) : JSON.stringify(value.slice(1));
  }
  if (isList(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value);
  return `{${members.map(([name, member]) => `${JSON.stringify(name.slice(1))}:${written(member)}`).join(',')}}`;
}

export function isList(value: Exact | undefined): value is readonly Exact[] {
  return Array.isArray(value);
}

/** Whether `value` is an object, and no list. */
export function isObject(value: Exact | undefined): value is { readonly [name: string]: Exact } {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** The text of a string; undefined for any other value. */
export function textOf(value: Exact | undefined): string | undefined {
  return typeof value === 'string' && value.startsWith('s') ? value.slice(1) : undefined;
}

/** A number with its first and last digit not 0, and its exponent; `n0` for every way to write nought. */
function sameNumber(marked: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^n(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    marked,
  )!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = withoutZerosAtEnd(digits);
  if (significant === '') return 'n0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `n${sign}${significant}e${power}`;
}

/** In one pass: a regular expression would look at every run of zeros to its end. */
function withoutZerosAtEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
