import { isUtf8 } from 'node:buffer';
import type { ScannedSlot } from '../kernel/kernel.ts';
import { LineState, Outcome } from '../kernel/line-table.ts';
import type { LaneKernel } from '../kernel/load.ts';
import type { EventWatch } from './event-watch.ts';
import type { LineRange, ListedLines, TextKind } from './protocol.ts';
import { textKindOf } from './line-text.ts';
import type { SlotView } from './slot-view.ts';

/**
 * Goes through the lines of a batch that somebody must look at: those that are pending, because they are neither blank nor
 * decided by the kernel alone. Lines that nobody has scanned yet are scanned some at a time, so that their records are still at hand.
 */

export class ScannedLines {
  /** The line at hand: its number in the table, and where its record begins in `records`, in words; -1 without one. */
  line = -1;
  record = -1;
  records: Int32Array;
  floats: Float64Array;
  readonly text: TextKind;
  readonly #kernel: LaneKernel;
  readonly #slot: SlotView;
  readonly #recordWords: number;
  readonly #lane: number;
  readonly #watch: EventWatch | undefined;
  /** Lines up to here are to be looked at; records are at hand of those before `#windowTo`. */
  #to: number;
  #windowTo: number;
  /** The next record, and how many there are. */
  #record = 0;
  #recordsEnd: number;
  /** Where lines that are not in the table yet begin, and end. */
  #position: number;
  readonly #positionTo: number;

  constructor(
    kernel: LaneKernel,
    recordWords: number,
    slot: SlotView,
    lines: LineRange | ListedLines,
    watch?: EventWatch,
  ) {
    this.#kernel = kernel;
    this.#watch = watch;
    this.#slot = slot;
    this.#recordWords = recordWords;
    if (lines.kind === 'range') {
      this.#lane = 0;
      this.#to = lines.line;
      this.#windowTo = lines.line;
      this.#position = lines.from;
      this.#positionTo = lines.to;
      this.line = lines.line - 1;
      this.text = textKindOf(slot.bytes.subarray(lines.from, lines.to));
      this.#recordsEnd = 0;
      this.records = kernel.ownRecords.records;
      this.floats = kernel.ownRecords.floats;
    } else {
      this.#lane = lines.lane;
      this.#to = lines.to;
      this.#windowTo = Math.min(lines.to, lines.recordsTo);
      this.#position = 0;
      this.#positionTo = 0;
      this.line = lines.from - 1;
      this.text = lines.text;
      this.#recordsEnd = lines.records * recordWords;
      this.records = slot.records;
      this.floats = slot.floats;
    }
  }

  /** The number of the line after the last that is known. */
  get to(): number {
    return this.#to;
  }

  /**
   * Moves to the next line that must be looked at; false after the last. Records at hand are overwritten, but only where
   * `further` allows it: else it may be false although there are more.
   */
  next(further: boolean): boolean {
    const { lanes, outcomes } = this.#slot.table;
    for (let line = this.line + 1; ; line++) {
      if (line >= this.#windowTo) {
        this.line = line - 1;
        if (!further || !this.#scan(line)) return false;
      }
      // After the death of a thread some lines of a batch are settled already.
      if (outcomes[line] !== Outcome.pending || lanes[line] !== this.#lane) continue;
      this.line = line;
      this.#findRecord(line);
      return true;
    }
  }

  /** The records of other lanes' lines, and of those that are not text, stand between. */
  #findRecord(line: number): void {
    const { records } = this;
    let at = this.#record;
    while (at < this.#recordsEnd && records[at]! < line) at += this.#recordWords;
    const found = at < this.#recordsEnd && records[at] === line;
    this.record = found ? at : -1;
    this.#record = found ? at + this.#recordWords : at;
  }

  #scan(line: number): boolean {
    this.#watch?.scanning();
    const isMore = this.#moveWindow(line);
    this.#watch?.scanned(isMore ? this.#windowTo - line : 0);
    return isMore;
  }

  #moveWindow(line: number): boolean {
    const own = this.#kernel.ownRecords;
    const slot: ScannedSlot = { ...this.#slot, ...own };
    const { tableLines } = this.#slot.shared;
    if (line < this.#to) {
      const scanned = this.#kernel.rescan(slot, line, this.#to, this.#lane);
      this.#take(scanned.line, scanned.records);
      return true;
    }
    if (this.#position >= this.#positionTo) return false;
    const scanned = this.#kernel.scan(slot, this.#position, this.#positionTo, line, tableLines);
    this.#position = scanned.position;
    this.#to = scanned.line;
    if (this.text === 'bytes') markNotText(this.#slot, line, scanned.line);
    this.#take(scanned.line, scanned.records);
    return true;
  }

  #take(windowTo: number, records: number): void {
    this.records = this.#kernel.ownRecords.records;
    this.floats = this.#kernel.ownRecords.floats;
    this.#windowTo = windowTo;
    this.#record = 0;
    this.#recordsEnd = records * this.#recordWords;
  }
}

/** Finds the lines from `line` to before `to` that are not UTF-8, which the engines leave to others. */
export function markNotText({ bytes, table }: SlotView, line: number, to: number): void {
  const { starts, ends, states, outcomes } = table;
  for (; line < to; line++) {
    if (isUtf8(bytes.subarray(starts[line], ends[line]))) continue;
    states[line] = LineState.notText;
    outcomes[line] = Outcome.pending;
  }
}
