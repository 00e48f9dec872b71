import { RecordWord, Spelling } from '../kernel/records.ts';
import type { Changes } from './changes.ts';
import type { EditWriter } from './edit-writer.ts';
import { LineNumbers } from './line-numbers.ts';
import type { Plan } from './plan.ts';
import type { RecordView } from './projection.ts';
import { selectEdits } from './select-edits.ts';
import { selectText } from './select-text.ts';
import type { SlotView } from './slot-view.ts';
import { patchedJson, toJson } from './to-json.ts';
import type { WayChoice } from './way-choice.ts';

/** Writes what a handler returned for an event as the output of its line. */

/** The line that a result belongs to, and its event as the handler got it. */
export interface LineAtHand {
  readonly line: number;
  /** Where its record begins, or -1 where it has none. */
  readonly record: number;
  readonly view: RecordView;
  readonly text: string;
  readonly event: unknown;
  /** Whether only parts of the event were made. */
  readonly isPart: boolean;
}

export interface ResultOptions {
  readonly plan: Plan;
  readonly changes: Changes;
  readonly ways: WayChoice;
}

type Members = Record<string, unknown>;

export class ResultWriter {
  readonly #options: ResultOptions;
  readonly #slot: SlotView;
  readonly #output: EditWriter;
  readonly #numbers = new LineNumbers();

  constructor(options: ResultOptions, slot: SlotView, output: EditWriter) {
    this.#options = options;
    this.#slot = slot;
    this.#output = output;
  }

  /** Throws BadResult where `value` is none; the output of the line is to be abandoned then. */
  take(value: unknown, at: LineAtHand): void {
    if (value === true) {
      if (this.#options.plan.select === undefined) this.#output.pass(at.line);
      else this.#selectLine(at);
    } else if (value === undefined || value === null || value === false) {
      this.#output.drop(at.line);
    } else if (Array.isArray(value) && value !== at.event) {
      this.#takeEach(value, at);
    } else {
      this.#takeOne(value, at);
    }
  }

  #takeOne(value: unknown, at: LineAtHand): void {
    if (this.#options.plan.select !== undefined) {
      this.#replace(at.line, [this.#selected(this.#jsonOf(value, at))]);
    } else if (!this.#isEvent(value, at)) {
      this.#replace(at.line, [this.#otherJson(value, at)]);
    } else if (at.isPart) {
      const { line, record } = at;
      const { starts, ends } = this.#slot.table;
      const place = { line, record, start: starts[line]!, end: ends[line]! };
      this.#options.changes.write(value as Members, place, this.#slot.bytes, at.view, this.#output);
    } else {
      const json = this.#eventJson(value, at);
      if (json === at.text.trim()) this.#output.pass(at.line);
      else this.#replace(at.line, [json]);
    }
  }

  #takeEach(values: readonly unknown[], at: LineAtHand): void {
    // All of them first: a line gives all of its events, or none.
    const { select } = this.#options.plan;
    const events = values
      .filter(value => value !== undefined && value !== null && value !== false)
      .map(value => {
        const json = value === true ? at.text : this.#jsonOf(value, at);
        return select === undefined ? json : this.#selected(json);
      });
    if (events.length === 0) this.#output.drop(at.line);
    else this.#replace(at.line, events);
  }

  /** The JSON of something that the handler returned. A part of an event is never among it (query/handler-reader.ts). */
  #jsonOf(value: unknown, at: LineAtHand): string {
    if (!this.#isEvent(value, at)) return this.#otherJson(value, at);
    return at.isPart ? this.#options.changes.json(value as Members, at) : this.#eventJson(value, at);
  }

  /** Whether `value` is the event, or a copy of it, as the handler left it. */
  #isEvent(value: unknown, { event }: LineAtHand): boolean {
    if (value === event) return true;
    return this.#options.plan.returnsCopy && isObject(value) && isObject(event);
  }

  /** The JSON of something other than the event, in which the numbers that stand in the line keep their digits. */
  #otherJson(value: unknown, at: LineAtHand): string {
    const json = toJson(value);
    if (typeof value !== 'object' || isSpelt(at, Spelling.numbers)) return json;
    this.#options.ways.sawOther();
    return this.#numbers.keep(at, json, value);
  }

  /** The event of the line as the handler left it, whole, with its changes only. */
  #eventJson(value: unknown, at: LineAtHand): string {
    if (isSpelt(at, Spelling.canonical)) {
      // It is spelt as JSON.stringify spells it, so patching would come to the same.
      return patchedJson(undefined, value);
    }
    this.#options.ways.sawEvent();
    return patchedJson(at.text, value);
  }

  #replace(line: number, events: readonly string[]): void {
    const start = this.#slot.table.starts[line]!;
    for (const json of events) this.#output.edit(start, start, `${json}\n`);
    this.#output.endLine(line, events.length);
  }

  /** The fields of `--select` of the line as it stands. */
  #selectLine({ line, record, view, text }: LineAtHand): void {
    if (record < 0) return this.#replace(line, [this.#selected(text)]);
    selectEdits(this.#options.plan, view.records, record, this.#output);
    this.#output.endLine(line, 1);
  }

  /** The fields of `--select` of an event with this text, whose values keep their spelling. */
  #selected(json: string): string {
    return selectText(json, this.#options.plan.select!.tree);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the kernel has found that the line is spelt so. */
function isSpelt({ record, view }: LineAtHand, spelling: number): boolean {
  return record >= 0 && (view.records[record + RecordWord.spelling]! & spelling) !== 0;
}
