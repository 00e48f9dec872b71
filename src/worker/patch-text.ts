import { types } from 'node:util';
import { CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../kernel/json-bytes.ts';
import { nextStart, PatchCursor, valueStart } from './patch-cursor.ts';
import { areKeysOfText, findMembers, NONE, writeElements, writeMembers } from './patch-members.ts';
import { type Piece, SAME, Splicer } from './patch-splicer.ts';
import { isContainer, isUntouched } from './patch-same.ts';
import { written, writtenAfter } from './patch-written.ts';

/**
 * JSON text in which only what was changed is written anew; see patchText.
 *
 * Text and value are walked side by side, and as long as the value has the names of the text in the order of the text
 * nothing needs to be looked up. An object for which this does not hold is written with the help of an index of the whole
 * text (patch-index.ts), which is made at most once, so that the time stays proportional to the text.
 */

/**
 * Containers inside one another that are patched. One that is deeper is written anew in full if anything inside it was
 * changed. The walk is recursive, and must leave most of the stack to JSON.stringify.
 */
const DEPTH_MAX = 250;

type Members = Readonly<Record<string, unknown>>;

/**
 * Thrown when names are found to stand in an object twice. Of such members the last one counts, and the walk has compared
 * the first one; so it begins again, by name from the start, lest each level be gone through twice by the one around it.
 */
const REPEATED_NAMES = new Error('a name stands in an object twice');

/** The walker that is not at work. A getter or a toJSON could bring somebody back here while one is. */
let idle: Patch | undefined;

/**
 * `text`, valid JSON, with the changes that were made to `value` since JSON.parse(text) gave it.
 *
 * The result says what JSON.stringify(value) says, but whatever was not changed keeps its text, and with it digits that a
 * double cannot hold, escapes, and white space. Of an object that was changed the members are spliced: values replaced,
 * members taken out, new ones appended. Only where names stand in it twice, or its members are now in another order, it is
 * written anew without white space; an array is where its length changed. White space around the text is left out. Where
 * text === JSON.stringify(JSON.parse(text)) the result is exactly JSON.stringify(value).
 *
 * Gives undefined where JSON.stringify does (a root whose toJSON returns nothing), and throws what it throws. Getters
 * and toJSON are called in its order, each once; but once more where names stand in an object twice, or the stack is too
 * small.
 */
export function patchText(text: string, value: unknown): string | undefined {
  const json = text.trim();
  const first = json.charCodeAt(0);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
    return Object.is(JSON.parse(json), value) ? json : written(value, '');
  }
  const patch = idle ?? new Patch();
  idle = undefined;
  const patched = patch.run(json, value);
  idle = patch;
  return patched;
}

/**
 * Its methods go past a value of the text. They return the value's end if it is unchanged, and otherwise ~end, which is
 * negative, with what takes its place in #piece.
 */
class Patch {
  readonly #cursor = new PatchCursor();
  #piece: string | undefined;
  #depth = 0;
  /** Whether objects are walked by name, because names stand in one twice. */
  #byName = false;

  run(text: string, value: unknown): string | undefined {
    const end = this.#walk(text, value);
    const json = end < 0 ? this.#piece : text;
    this.#cursor.close();
    this.#piece = undefined;
    return json;
  }

  #walk(text: string, value: unknown): number {
    this.#byName = false;
    try {
      return this.#root(text, value);
    } catch (error) {
      // A value that was compared with the wrong member is written for nothing, and may be too deep for that.
      if (error !== REPEATED_NAMES && !(error instanceof RangeError)) throw error;
      this.#byName = true;
      this.#depth = 0;
      return this.#root(text, value);
    }
  }

  #root(text: string, value: unknown): number {
    this.#cursor.open(text);
    return this.#value(0, text.charCodeAt(0), value, '');
  }

  /** Goes past the value that begins at `start` with the character `first`. */
  #value(start: number, first: number, value: unknown, key: string | number): number {
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#container(start, first, value, key);
    const end = this.#cursor.scalar(start, first, value);
    if (end < 0) this.#piece = written(value, key);
    return end;
  }

  #container(start: number, first: number, value: unknown, key: string | number): number {
    if (typeof value !== 'object' || value === null || types.isProxy(value)) {
      return this.#replace(start, written(value, key));
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function' || !isContainer(value, first === OPEN_ARRAY)) {
      return this.#replace(start, writtenAfter(toJSON, value, key));
    }
    if (this.#depth === DEPTH_MAX) {
      const end = this.#cursor.pass(start);
      if (isUntouched(JSON.parse(this.#cursor.text.slice(start, end)), value)) return end;
      this.#piece = writtenAfter(undefined, value, key);
      return ~end;
    }
    this.#depth++;
    const end =
      first === OPEN_ARRAY
        ? this.#array(start, value as readonly unknown[])
        : this.#object(start, value as Members);
    this.#depth--;
    return end;
  }

  #object(open: number, value: Members): number {
    const cursor = this.#cursor;
    const { text } = cursor;
    const keys = Object.keys(value);
    if (this.#byName) return this.#members(open, value, keys, 0);
    let splicer: Splicer | undefined;
    let done = 0;
    let lastEnd = open + 1;
    let at = nextStart(text, lastEnd);
    // Members are read several times faster in such a loop. What it gives beyond the object's own keys, or does not give
    // because somebody's getter takes members away meanwhile, is left to #members.
    walk: for (const key in value) {
      if (key !== keys[done] || text.charCodeAt(at) !== QUOTE) break;
      let nameEnd = cursor.string(at, key);
      while (nameEnd < 0) {
        splicer ??= new Splicer(text, open, lastEnd);
        const next = this.#passGone(at, ~nameEnd, value, splicer);
        if (next < 0) break walk;
        at = next;
        if (text.charCodeAt(at) !== QUOTE) break walk;
        nameEnd = cursor.string(at, key);
      }
      const start = valueStart(text, nameEnd);
      let end = this.#value(start, text.charCodeAt(start), value[key], key);
      if (end < 0) {
        end = ~end;
        splicer ??= new Splicer(text, open, lastEnd);
        splicer.put(done, at, start, end, this.#piece);
      } else if (splicer !== undefined) splicer.keep(at, end);
      done++;
      lastEnd = end;
      at = nextStart(text, end);
    }
    while (done === keys.length && text.charCodeAt(at) === QUOTE) {
      splicer ??= new Splicer(text, open, lastEnd);
      const next = this.#passGone(at, cursor.pass(at), value, splicer);
      if (next < 0) break;
      at = next;
    }
    if (text.charCodeAt(at) !== CLOSE_OBJECT) return this.#members(open, value, keys, done, splicer);
    if (splicer === undefined && done === keys.length) return at + 1;
    splicer ??= new Splicer(text, open, lastEnd);
    for (; done < keys.length; done++) {
      const key = keys[done]!;
      const piece = written(value[key], key);
      if (piece !== undefined) splicer.append(key, piece);
    }
    this.#piece = splicer.finish(at + 1);
    return ~(at + 1);
  }

  /**
   * Goes past a member of the text with a name from `at` to `nameEnd`, if `value` has no such member and no other one of
   * that name was passed; returns what comes next, or -1.
   */
  #passGone(at: number, nameEnd: number, value: Members, splicer: Splicer): number {
    const { text } = this.#cursor;
    const name = this.#cursor.name(at, nameEnd);
    if (Object.hasOwn(value, name) || !splicer.takeOut(name)) return -1;
    const end = this.#cursor.pass(valueStart(text, nameEnd));
    splicer.drop(at, end);
    return nextStart(text, end);
  }

  /**
   * The same for an object whose members are not those of the text in the order of the text. Its first `done` keys have
   * been walked beside members of the text, with what is in `splicer`.
   */
  #members(open: number, value: Members, keys: readonly string[], done: number, splicer?: Splicer): number {
    const { index } = this.#cursor;
    const node = index.find(open);
    const members = findMembers(index, node, keys);
    if (members.areRepeated && !this.#byName) throw REPEATED_NAMES;
    const pieces = Array.from(keys, (): Piece => SAME);
    for (const [at, piece] of splicer?.pieces ?? []) pieces[at] = piece;
    for (let at = done; at < keys.length; at++) {
      const key = keys[at]!;
      const member = members.nodes[at]!;
      pieces[at] = member === NONE ? written(value[key], key) : this.#visit(member, value[key], key);
    }
    const end = this.#cursor.leave(node);
    if (pieces.every(piece => piece === SAME) && areKeysOfText(members)) return end;
    this.#piece = writeMembers(index, this.#cursor.text, node, members, pieces);
    return ~end;
  }

  #array(open: number, value: readonly unknown[]): number {
    const { text } = this.#cursor;
    const { length } = value;
    let splicer: Splicer | undefined;
    let done = 0;
    let start = nextStart(text, open + 1);
    for (; done < length && text.charCodeAt(start) !== CLOSE_ARRAY; done++) {
      let end = this.#value(start, text.charCodeAt(start), value[done], done);
      if (end < 0) {
        end = ~end;
        splicer ??= new Splicer(text, open, open + 1);
        splicer.put(done, start, start, end, this.#piece ?? 'null');
      } else if (splicer !== undefined) splicer.keep(start, end);
      start = nextStart(text, end);
    }
    if (done < length || text.charCodeAt(start) !== CLOSE_ARRAY) {
      return this.#elements(open, value, length, done, splicer);
    }
    if (splicer === undefined) return start + 1;
    this.#piece = splicer.finish(start + 1);
    return ~(start + 1);
  }

  /** The same for an array of another length; `done` elements have been walked, with what is in `splicer`. */
  #elements(
    open: number,
    value: readonly unknown[],
    length: number,
    done: number,
    splicer?: Splicer,
  ): number {
    const pieces = Array.from({ length: done }, (): Piece => SAME);
    for (const [at, piece] of splicer?.pieces ?? []) pieces[at] = piece;
    for (let at = done; at < length; at++) pieces.push(written(value[at], at));
    const { index } = this.#cursor;
    const node = index.find(open);
    this.#piece = writeElements(index, node, pieces);
    return ~this.#cursor.leave(node);
  }

  /** Goes past the container at `start`, in the place of which stands `piece`. */
  #replace(start: number, piece: string | undefined): number {
    this.#piece = piece;
    return ~this.#cursor.pass(start);
  }

  /** Walks the value `node` of the index. */
  #visit(node: number, value: unknown, key: string): Piece {
    const start = this.#cursor.enter(node);
    const end = this.#value(start, this.#cursor.text.charCodeAt(start), value, key);
    return end < 0 ? this.#piece : SAME;
  }
}
