import { MINUS, NINE, OPEN_ARRAY, OPEN_OBJECT } from '../kernel/json-bytes.ts';
import { ownValueAt } from './own-value.ts';
import { PatchIndex } from './patch-index.ts';

/**
 * Gives numbers their digits back in the JSON of something that a handler returned in the place of its event: where a
 * number stands in it at the same path and with the same value as in the line, it is written as it stands in the line.
 *
 * All of it works on texts, the line's and the one that JSON.stringify gave, so that what JSON.stringify does is done by
 * itself and once. Odd is a number that JSON.stringify would write otherwise; only the ways to odd numbers are walked.
 * Neither getters nor anything else of the handler's is called, but for the `toJSON` of an object with which JSON.stringify
 * has done so before, and only where the line has a number beyond the range of doubles, or a -0.
 */

/**
 * Finds all odd numbers outside strings, and few other: those of sixteen digits or more, with a fraction that ends in 0 or
 * begins with six of them, with an exponent, and -0.
 */
const LOOKS_ODD =
  /[:,[]\s*(?=-?\d(?:[\d.]{15}|\.0{6}|\d*(?:\.\d*0\s*[,}\]]|(?:\.\d+)?[eE]))|-0\s*[,}\]])([-+.\deE]+)/g;

/** A container of the result that stands where the line has one, with the way to it. */
interface Pair {
  readonly inLine: number;
  readonly inResult: number;
  readonly above: Pair | undefined;
  readonly key: string;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

/** The line that a result belongs to; `text` is valid JSON. */
interface Line {
  readonly line: number;
  readonly text: string;
}

/** For the lines of one batch. */
export class LineNumbers {
  #line = -1;
  /** Its text without white space around it. */
  #text = '';
  #isRead = false;
  readonly #inLine = new PatchIndex();
  readonly #inResult = new PatchIndex();
  /** The values of the line that are odd numbers, in their order. */
  readonly #odd: number[] = [];
  /** Of containers of the line: their members that count, by name. */
  readonly #members = new Map<number, ReadonlyMap<string, number>>();
  /** The container that was asked for last, and what stands there in the value: its members come one after the other. */
  #holding: Pair | undefined;
  #holder: unknown;

  /**
   * `json`, which JSON.stringify gave for `value`, with the digits of the numbers that the line has at the same paths. What
   * is asked for one line several times costs the reading of the line once.
   */
  keep(at: Line, json: string, value: unknown): string {
    if (at.line !== this.#line) this.#open(at);
    if (!this.#isRead) this.#read();
    const first = json.charCodeAt(0);
    if (this.#odd.length === 0 || first !== this.#text.charCodeAt(0)) return json;
    this.#inResult.read(json);
    const splices = this.#splices(json, value);
    this.#inResult.clear();
    this.#holding = undefined;
    this.#holder = undefined;
    return spliced(json, splices);
  }

  #open({ line, text }: Line): void {
    this.#line = line;
    this.#text = text.trim();
    if (!this.#isRead) return;
    this.#isRead = false;
    this.#odd.length = 0;
    this.#members.clear();
    this.#inLine.clear();
  }

  #read(): void {
    this.#isRead = true;
    const text = this.#text;
    const first = text.charCodeAt(0);
    if ((first !== OPEN_OBJECT && first !== OPEN_ARRAY) || !hasOddNumber(text)) return;
    const index = this.#inLine;
    index.read(text);
    const { starts, nexts } = index;
    for (let node = 1; node < nexts[0]!; node++) {
      const character = text.charCodeAt(starts[node]!);
      if (character > NINE || character < MINUS) continue;
      const digits = index.textOf(node);
      if (writtenNumber(digits) !== digits) this.#odd.push(node);
    }
  }

  /** Whether an odd number is inside the value `node` of the line, or is that value. */
  #hasOdd(node: number): boolean {
    const odd = this.#odd;
    let low = 0;
    let high = odd.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (odd[middle]! < node) low = middle + 1;
      else high = middle;
    }
    return low < odd.length && odd[low]! < this.#inLine.nexts[node]!;
  }

  /** The numbers of the result that are to be written as in the line. */
  #splices(json: string, value: unknown): Splice[] {
    const splices: Splice[] = [];
    const pairs: Pair[] = [{ inLine: 0, inResult: 0, above: undefined, key: '' }];
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      const isObject = json.charCodeAt(this.#inResult.starts[pair.inResult]!) === OPEN_OBJECT;
      if (isObject) this.#takeMembers(pair, json, value, pairs, splices);
      else this.#takeElements(pair, json, value, pairs, splices);
    }
    return splices.sort((a, b) => a.start - b.start);
  }

  #takeMembers(pair: Pair, json: string, value: unknown, pairs: Pair[], splices: Splice[]): void {
    const { nexts } = this.#inResult;
    const members = this.#membersOf(pair.inLine);
    const end = nexts[pair.inResult]!;
    for (let node = pair.inResult + 1; node < end; node = nexts[node]!) {
      const key = this.#inResult.nameOf(node);
      const inLine = members.get(key);
      if (inLine === undefined) continue;
      this.#take({ inLine, inResult: node, above: pair, key }, json, value, pairs, splices);
    }
  }

  /** The members of the object `node` of the line in which there are odd numbers. Of those of one name the last counts. */
  #membersOf(node: number): ReadonlyMap<string, number> {
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const index = this.#inLine;
    const byName = new Map<string, number>();
    for (let child = node + 1; child < index.nexts[node]!; child = index.nexts[child]!) {
      if (this.#hasOdd(child)) byName.set(index.nameOf(child), child);
      else if (byName.size > 0) byName.delete(index.nameOf(child));
    }
    this.#members.set(node, byName);
    return byName;
  }

  #takeElements(pair: Pair, json: string, value: unknown, pairs: Pair[], splices: Splice[]): void {
    const { nexts } = this.#inResult;
    const nextsInLine = this.#inLine.nexts;
    const end = nexts[pair.inResult]!;
    const endInLine = nextsInLine[pair.inLine]!;
    let inLine = pair.inLine + 1;
    let at = 0;
    for (let node = pair.inResult + 1; node < end && inLine < endInLine; node = nexts[node]!) {
      if (this.#hasOdd(inLine)) {
        this.#take({ inLine, inResult: node, above: pair, key: String(at) }, json, value, pairs, splices);
      }
      inLine = nextsInLine[inLine]!;
      at++;
    }
  }

  /** Takes a value of the result that stands where the line has one with odd numbers, or one that is odd. */
  #take(pair: Pair, json: string, value: unknown, pairs: Pair[], splices: Splice[]): void {
    const start = this.#inResult.starts[pair.inResult]!;
    const startInLine = this.#inLine.starts[pair.inLine]!;
    const first = this.#text.charCodeAt(startInLine);
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (json.charCodeAt(start) === first) pairs.push(pair);
      return;
    }
    const digits = this.#inLine.textOf(pair.inLine);
    const end = this.#inResult.ends[pair.inResult]!;
    const number = Number(digits);
    if (json.slice(start, end) !== JSON.stringify(number)) return;
    // Their JSON, null and 0, is that of other values as well.
    const isTold = Number.isFinite(number) && !Object.is(number, -0);
    if (isTold || Object.is(this.#ownValueOf(pair, value), number)) splices.push({ start, end, digits });
  }

  #ownValueOf({ above, key }: Pair, value: unknown): unknown {
    if (above === undefined) return value;
    if (above !== this.#holding) {
      this.#holding = above;
      this.#holder = ownValueAt(value, pathOf(above));
    }
    return ownValueAt(this.#holder, [key]);
  }
}

/** Whether there is an odd number in a text; also true where there only is one in a string. */
function hasOddNumber(text: string): boolean {
  LOOKS_ODD.lastIndex = 0;
  for (let found = LOOKS_ODD.exec(text); found !== null; found = LOOKS_ODD.exec(text)) {
    if (writtenNumber(found[1]!) !== found[1]) {
      LOOKS_ODD.lastIndex = 0;
      return true;
    }
  }
  return false;
}

function writtenNumber(digits: string): string {
  return JSON.stringify(Number(digits));
}

function pathOf(pair: Pair): string[] {
  const keys: string[] = [];
  for (let at = pair; at.above !== undefined; at = at.above) keys.push(at.key);
  return keys.reverse();
}

function spliced(json: string, splices: readonly Splice[]): string {
  let result = '';
  let copied = 0;
  for (const { start, end, digits } of splices) {
    result += json.slice(copied, start) + digits;
    copied = end;
  }
  return result + json.slice(copied);
}
