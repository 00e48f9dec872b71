import { isUtf8 } from 'node:buffer';
import { Op, type Program, type Test } from '../../../src/kernel/program.ts';
import { Kind, Spelling } from '../../../src/kernel/records.ts';
import type { Found, Reference } from './reference.ts';

/** What JavaScript says about a line: holds the reference to JSON.parse, and decides predicates by JavaScript's operators. */

/** A line's text: as UTF-8, or each byte as one character where it is not. Either way it is JSON or not by its bytes. */
export interface LineText {
  readonly text: string;
  readonly decode: (bytes: Uint8Array) => string;
  /** What JSON.parse gives; undefined where it throws. */
  readonly whole: { readonly value: unknown } | undefined;
}

export function lineText(line: Uint8Array): LineText {
  const encoding = isUtf8(line) ? 'utf8' : 'latin1';
  const decode = (bytes: Uint8Array): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
  const text = decode(line);
  return { text, decode, whole: parsed(text) };
}

/** What JSON.parse gives for `text`, in a box; undefined where it throws. */
export function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** All in which `reference` for `line` is at odds with JSON.parse. */
export function contradictions(
  line: Uint8Array,
  lineAsText: LineText,
  reference: Reference,
  program: Program,
): string[] {
  const { text, decode, whole } = lineAsText;
  const { state } = reference;
  if (state === 'rare') return [];
  if ((state === 'valid') !== (whole !== undefined)) return [`${state}, but JSON.parse has another opinion`];
  if (whole === undefined) return [];
  const wrong: string[] = [];
  for (const [field, value] of fieldValues(lineAsText, program).entries()) {
    if (!agrees(reference.fields[field], value, line, decode)) {
      wrong.push(`${program.fields[field]!.text} is not as JSON.parse has it`);
    }
  }
  return [...wrong, ...spellingContradictions(text, whole.value, reference)];
}

function spellingContradictions(line: string, value: unknown, { spelling, members }: Reference): string[] {
  const wrong: string[] = [];
  const text = line.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
  if ((spelling & Spelling.bare) !== 0 && text !== line) wrong.push('has white space around its value');
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject && ((spelling & ~(Spelling.numbers | Spelling.bare)) !== 0 || members !== 0))
    wrong.push('has members, but is no object');
  if ((spelling & Spelling.canonical) !== 0 && JSON.stringify(value) !== text) wrong.push('is not canonical');
  if ((spelling & Spelling.numbers) !== 0 && !numbersOf(text).every(isWrittenSo)) {
    wrong.push('has a number that JSON.stringify would not write so');
  }
  if ((spelling & Spelling.regular) !== 0) {
    const names = Object.keys(value as object);
    // A name that is written with an escape stands nowhere as it is; one that is written twice is there once.
    const isRegular =
      names.length === members && names.every(name => !/^[0-9]/.test(name) && text.includes(`"${name}"`));
    if (!isRegular) wrong.push('is not regular');
  }
  return wrong;
}

/** The numbers of a valid text, as they are written. */
function numbersOf(text: string): string[] {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?[0-9][0-9.eE+-]*/g) ?? [];
}

function isWrittenSo(number: string): boolean {
  return JSON.stringify(Number(number)) === number;
}

/** For each field of the program what JSON.parse has there; undefined where there is none. */
export function fieldValues({ whole, decode }: LineText, { fields }: Program): unknown[] {
  return fields.map(({ segments }) =>
    valueAt(
      whole?.value,
      segments.map(({ nameBytes }) => decode(nameBytes)),
    ),
  );
}

/** The own member or element that `names` lead to; undefined where there is none. */
function valueAt(value: unknown, names: readonly string[]): unknown {
  let at = value;
  for (const name of names) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (Array.isArray(at) && !/^(?:0|[1-9][0-9]*)$/.test(name)) return undefined;
    if (!Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function agrees(
  found: Found | undefined,
  value: unknown,
  line: Uint8Array,
  decode: LineText['decode'],
): boolean {
  if (found === undefined || value === undefined) return found === value;
  const { kind, start, end } = found;
  const text = decode(line.subarray(start, end));
  if (kind === Kind.string) return value === text && !text.includes('\\');
  if (kind === Kind.escapedString) return value === JSON.parse(`"${text}"`) && text.includes('\\');
  const own = parsed(text)?.value;
  if (kind === Kind.number) return Object.is(value, found.value) && Object.is(value, own);
  if (kind === Kind.numberText) return typeof value === 'number' && Object.is(value, own);
  return kindOf(value) === kind && JSON.stringify(own) === JSON.stringify(value);
}

/** The kind of a value that is neither a number nor a string. */
function kindOf(value: unknown): number {
  if (value === null) return Kind.null;
  if (value === true) return Kind.true;
  if (value === false) return Kind.false;
  if (typeof value !== 'object') return Kind.missing;
  return Array.isArray(value) ? Kind.array : Kind.object;
}

/** Whether a test holds for a field that JSON.parse gives as `value`; undefined where the kernel leaves it open. */
export function holds({ op, number, text }: Test, kind: number, value: unknown): boolean | undefined {
  const isContainer = kind === Kind.object || kind === Kind.array;
  const isText = kind === Kind.string || kind === Kind.escapedString;
  switch (op) {
    case Op.unsure:
      return undefined;
    case Op.nullish:
      return value === null || value === undefined;
    case Op.isNull:
      return value === null;
    case Op.isFalse:
      return value === false;
    case Op.isTrue:
      return value === true;
    case Op.exists:
      return value !== undefined;
    case Op.isObject:
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case Op.isString:
      return typeof value === 'string';
    case Op.truthy:
      return kind === Kind.numberText ? undefined : Boolean(value);
    case Op.strictNumber:
      return kind === Kind.numberText ? undefined : value === number;
    case Op.strictText:
      return kind === Kind.escapedString ? undefined : value === text;
    case Op.looseText:
      // oxlint-disable-next-line eqeqeq
      return isNothing(kind) || kind === Kind.string ? value == text : undefined;
    case Op.startsWith:
    case Op.endsWith:
    case Op.includes:
      if (kind === Kind.escapedString || kind === Kind.array) return undefined;
      return kind === Kind.string && (value as string)[METHODS[op]](text);
    default:
      if (isContainer || isText || kind === Kind.numberText) return undefined;
      return compares(op, value as number, number);
  }
}

function isNothing(kind: number): boolean {
  return kind === Kind.missing || kind === Kind.null;
}

const METHODS = {
  [Op.startsWith]: 'startsWith',
  [Op.endsWith]: 'endsWith',
  [Op.includes]: 'includes',
} as const;

function compares(op: number, value: number, operand: number): boolean {
  if (op === Op.less) return value < operand;
  if (op === Op.lessOrEqual) return value <= operand;
  if (op === Op.greater) return value > operand;
  if (op === Op.greaterOrEqual) return value >= operand;
  // oxlint-disable-next-line eqeqeq
  return value == operand;
}
