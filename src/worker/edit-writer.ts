import { EDIT_LIST_WORDS, EDIT_WORDS, takeEdits } from '../kernel/edits.ts';
import { Outcome } from '../kernel/line-table.ts';
import type { Overflow } from './protocol.ts';
import type { SlotView } from './slot-view.ts';

/**
 * Writes what became of each line: into the table, and where the output is not the line itself, as edits into the slot.
 *
 * The texts of many lines are gathered in one string and encoded in one go, which costs less than encoding each; a text that
 * many edits share is written once. Lines whose output finds no room in the slot are kept aside, whole.
 */

/** Characters that are gathered before they are encoded: below the size at which V8 would move the string apart. */
const TEXT_CHARS = 32 * 1024;
/** Edits that are gathered, in lines without much text. */
const EDITS_MAX = 4096;

export class EditWriter {
  readonly #slot: SlotView;
  #text = '';
  /** Of the lines whose text is gathered: number, events, and the number of the edit after their last. */
  readonly #lines: number[] = [];
  readonly #events: number[] = [];
  readonly #editsTo: number[] = [];
  /** Of their edits: the bytes of the slot to copy, and the characters of text behind them, or -1 - the shared text's number. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #chars: number[] = [];
  /** Texts that stand behind many edits, each with its number. */
  readonly #shared = new Map<string, number>();
  readonly overflow: Overflow[] = [];

  constructor(slot: SlotView) {
    this.#slot = slot;
  }

  /** The line is given out as it is. */
  pass(line: number): void {
    this.#slot.table.outcomes[line] = Outcome.passed;
  }

  drop(line: number): void {
    this.#slot.table.outcomes[line] = Outcome.dropped;
  }

  dead(line: number): void {
    this.#slot.table.outcomes[line] = Outcome.dead;
  }

  /** Adds an edit to the output that is being made: the slot's bytes `from..to`, and then `text`. */
  edit(from: number, to: number, text: string): void {
    // First, because it throws where the text becomes longer than a string can be.
    this.#text += text;
    this.#from.push(from);
    this.#to.push(to);
    this.#chars.push(text.length);
  }

  /** The same with a text that many edits have: it is not gathered, and written but once. */
  sharedEdit(from: number, to: number, text: string): void {
    let number = this.#shared.get(text);
    if (number === undefined) {
      number = this.#shared.size;
      this.#shared.set(text, number);
    }
    this.#from.push(from);
    this.#to.push(to);
    this.#chars.push(-1 - number);
  }

  /** The edits since the last line are the output of this one, `events` events. */
  endLine(line: number, events: number): void {
    this.#lines.push(line);
    this.#events.push(events);
    this.#editsTo.push(this.#from.length);
    if (this.#text.length >= TEXT_CHARS || this.#from.length >= EDITS_MAX) this.flush();
  }

  /** Takes back the edits since the last line. */
  abandon(): void {
    const kept = this.#editsTo.at(-1) ?? 0;
    const dropped = this.#chars.slice(kept).reduce((sum, chars) => sum + Math.max(0, chars), 0);
    this.#from.length = kept;
    this.#to.length = kept;
    this.#chars.length = kept;
    if (dropped > 0) this.#text = this.#text.slice(0, this.#text.length - dropped);
  }

  /** Writes what is gathered. */
  flush(): void {
    const lines = this.#lines.length;
    if (lines === 0) return;
    const textBytes = Buffer.byteLength(this.#text, 'utf8');
    const shared = [...this.#shared.keys()].map(text => Buffer.from(text, 'utf8'));
    const sharedBytes = shared.reduce((sum, { length }) => sum + length, 0);
    const listBytes = (lines * EDIT_LIST_WORDS + this.#from.length * EDIT_WORDS) * 4;
    const at = takeEdits(this.#slot.edits, Math.ceil((listBytes + sharedBytes + textBytes) / 16) * 16);
    const encoded = textBytes === this.#text.length ? this.#chars : this.#encodedLengths();
    if (at < 0) this.#setAside(encoded, textBytes, shared);
    else this.#write(at, at + listBytes, encoded, shared);
    this.#text = '';
    for (const list of [this.#lines, this.#events, this.#editsTo, this.#from, this.#to, this.#chars]) {
      list.length = 0;
    }
  }

  /** For each edit the bytes of its text, or which one it shares. */
  #encodedLengths(): number[] {
    let at = 0;
    return this.#chars.map(chars => {
      if (chars < 0) return chars;
      at += chars;
      return Buffer.byteLength(this.#text.slice(at - chars, at), 'utf8');
    });
  }

  #write(at: number, textAt: number, encoded: readonly number[], shared: readonly Uint8Array[]): void {
    const { edits, editBytes, table } = this.#slot;
    let text = textAt;
    const sharedEnds = shared.map(bytes => {
      editBytes.set(bytes, text);
      text += bytes.length;
      return text;
    });
    editBytes.write(this.#text, text, 'utf8');
    let word = at >> 2;
    let edit = 0;
    for (let i = 0; i < this.#lines.length; i++) {
      const list = word;
      const editsTo = this.#editsTo[i]!;
      edits[list + 1] = this.#events[i]!;
      edits[list + 2] = editsTo - edit;
      word += EDIT_LIST_WORDS;
      let bytes = 0;
      for (; edit < editsTo; edit++) {
        const from = this.#from[edit]!;
        const to = this.#to[edit]!;
        let length = encoded[edit]!;
        let textEnd: number;
        if (length < 0) {
          textEnd = sharedEnds[-1 - length]!;
          length = shared[-1 - length]!.length;
        } else {
          text += length;
          textEnd = text;
        }
        edits[word] = from;
        edits[word + 1] = to;
        edits[word + 2] = textEnd - length;
        edits[word + 3] = textEnd;
        word += EDIT_WORDS;
        bytes += to - from + length;
      }
      edits[list] = bytes;
      // Last: the thread may be ended at any time, and what it has finished counts.
      table.outcomes[this.#lines[i]!] = list << 2;
    }
  }

  #setAside(encoded: readonly number[], textBytes: number, shared: readonly Uint8Array[]): void {
    const { bytes: slot, table } = this.#slot;
    const text = Buffer.from(this.#text, 'utf8');
    const copied = this.#from.reduce((sum, from, edit) => sum + this.#to[edit]! - from, 0);
    const repeated = encoded.reduce((sum, length) => sum + (length < 0 ? shared[-1 - length]!.length : 0), 0);
    const bytes = new Uint8Array(copied + textBytes + repeated);
    const ends: number[] = [];
    let at = 0;
    let textAt = 0;
    let edit = 0;
    const add = (piece: Uint8Array): void => {
      bytes.set(piece, at);
      at += piece.length;
    };
    for (const [i, line] of this.#lines.entries()) {
      table.outcomes[line] = Outcome.overflow;
      for (; edit < this.#editsTo[i]!; edit++) {
        add(slot.subarray(this.#from[edit], this.#to[edit]));
        const length = encoded[edit]!;
        if (length < 0) {
          add(shared[-1 - length]!);
        } else {
          add(text.subarray(textAt, textAt + length));
          textAt += length;
        }
      }
      ends.push(at);
    }
    this.overflow.push({ lines: [...this.#lines], ends, events: [...this.#events], bytes });
  }
}
