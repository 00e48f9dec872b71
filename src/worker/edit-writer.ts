import { EDIT_LIST_WORDS, EDIT_WORDS, takeEdits } from '../kernel/edits.ts';
import { Outcome } from '../kernel/line-table.ts';
import type { Overflow } from './protocol.ts';
import type { SlotView } from './slot-view.ts';
import { Triples } from './triples.ts';

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
/** Rows there is room for at first. */
const ROWS = 1024;

export class EditWriter {
  readonly #slot: SlotView;
  #text = '';
  /** Of the lines whose text is gathered: number, events, and the number of the edit after their last. */
  readonly #lines = new Triples(ROWS);
  /** Of their edits: the bytes of the slot to copy, and the characters of text behind them, or -1 - the shared text's number. */
  readonly #edits = new Triples(ROWS);
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
    this.#edits.push(from, to, text.length);
  }

  /** The same with a text that many edits have: it is not gathered, and written but once. */
  sharedEdit(from: number, to: number, text: string): void {
    let number = this.#shared.get(text);
    if (number === undefined) {
      number = this.#shared.size;
      this.#shared.set(text, number);
    }
    this.#edits.push(from, to, -1 - number);
  }

  /** The edits since the last line are the output of this one, `events` events. */
  endLine(line: number, events: number): void {
    this.#lines.push(line, events, this.#edits.count);
    if (this.#text.length >= TEXT_CHARS || this.#edits.count >= EDITS_MAX) this.flush();
  }

  /** Takes back the edits since the last line. */
  abandon(): void {
    const { count, words } = this.#lines;
    const kept = count === 0 ? 0 : words[3 * count - 1]!;
    let chars = 0;
    for (let edit = kept; edit < this.#edits.count; edit++)
      chars += Math.max(0, this.#edits.words[3 * edit + 2]!);
    this.#edits.count = kept;
    if (chars > 0) this.#text = this.#text.slice(0, this.#text.length - chars);
  }

  /** Writes what is gathered. */
  flush(): void {
    if (this.#lines.count === 0) return;
    const textBytes = Buffer.byteLength(this.#text, 'utf8');
    if (textBytes !== this.#text.length) this.#countBytes();
    const shared = [...this.#shared.keys()].map(text => Buffer.from(text, 'utf8'));
    const sharedBytes = shared.reduce((sum, { length }) => sum + length, 0);
    const listBytes = (this.#lines.count * EDIT_LIST_WORDS + this.#edits.count * EDIT_WORDS) * 4;
    const at = takeEdits(this.#slot.edits, Math.ceil((listBytes + sharedBytes + textBytes) / 16) * 16);
    if (at < 0) this.#setAside(shared);
    else this.#write(at, at + listBytes, shared);
    this.#text = '';
    this.#lines.count = 0;
    this.#edits.count = 0;
  }

  /** Of each edit the bytes of its text, in the place of its characters. */
  #countBytes(): void {
    const { count, words } = this.#edits;
    let at = 0;
    for (let edit = 0; edit < count; edit++) {
      const chars = words[3 * edit + 2]!;
      if (chars <= 0) continue;
      words[3 * edit + 2] = Buffer.byteLength(this.#text.slice(at, at + chars), 'utf8');
      at += chars;
    }
  }

  #write(at: number, textAt: number, shared: readonly Uint8Array[]): void {
    const { edits, editBytes, table } = this.#slot;
    let text = textAt;
    const sharedEnds = shared.map(bytes => {
      editBytes.set(bytes, text);
      text += bytes.length;
      return text;
    });
    editBytes.write(this.#text, text, 'utf8');
    const lines = this.#lines.words;
    const gathered = this.#edits.words;
    let word = at >> 2;
    let edit = 0;
    for (let i = 0; i < this.#lines.count; i++) {
      const list = word;
      const editsTo = lines[3 * i + 2]!;
      edits[list + 1] = lines[3 * i + 1]!;
      edits[list + 2] = editsTo - edit;
      word += EDIT_LIST_WORDS;
      let bytes = 0;
      for (; edit < editsTo; edit++) {
        const from = gathered[3 * edit]!;
        const to = gathered[3 * edit + 1]!;
        let length = gathered[3 * edit + 2]!;
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
      table.outcomes[lines[3 * i]!] = list << 2;
    }
  }

  #setAside(shared: readonly Uint8Array[]): void {
    const { bytes: slot, table } = this.#slot;
    const text = Buffer.from(this.#text, 'utf8');
    const pieces: Uint8Array[] = [];
    const [lines, events, ends]: [number[], number[], number[]] = [[], [], []];
    let length = 0;
    let textAt = 0;
    let edit = 0;
    const gathered = this.#edits.words;
    for (let i = 0; i < this.#lines.count; i++) {
      const line = this.#lines.words[3 * i]!;
      const editsTo = this.#lines.words[3 * i + 2]!;
      table.outcomes[line] = Outcome.overflow;
      for (; edit < editsTo; edit++) {
        const copied = slot.subarray(gathered[3 * edit], gathered[3 * edit + 1]);
        const textBytes = gathered[3 * edit + 2]!;
        const added = textBytes < 0 ? shared[-1 - textBytes]! : text.subarray(textAt, textAt + textBytes);
        if (textBytes > 0) textAt += textBytes;
        pieces.push(copied, added);
        length += copied.length + added.length;
      }
      lines.push(line);
      events.push(this.#lines.words[3 * i + 1]!);
      ends.push(length);
    }
    // Not a Buffer, whose memory it may share with others: it is moved to another thread.
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.overflow.push({ lines, ends, events, bytes });
  }
}
