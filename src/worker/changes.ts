import { FIELD_WORDS, FieldWord, Kind, RECORD_WORDS, RecordWord, Spelling } from '../kernel/records.ts';
import type { EditWriter } from './edit-writer.ts';
import { patchText } from './patch-text.ts';
import type { FieldName, FieldPart, Plan } from './plan.ts';
import { decodeField, type RecordView } from './projection.ts';
import { BadResult, encode, memberJson, patchedJson } from './to-json.ts';

/**
 * What a handler changed in an event of which it got a part, as edits to the line: the changes alone are written, and all
 * other bytes stay.
 *
 * Members that are set are spliced in at their place, or behind the last one. Whatever else there may be (a member that
 * is deleted, something deep inside that is changed, names that stand there twice) takes the long way: the whole line is
 * parsed, changed likewise, and patched as it would be without all this (patch-text.ts), which gives the same bytes.
 */

type Members = Record<string, unknown>;

interface ChangedLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Where the record begins, in words. */
  readonly record: number;
}

/** A change that can be spliced: `json` goes in the place of `from..to`. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly json: string;
}

export class Changes {
  readonly #plan: Plan;
  readonly #parts: readonly FieldPart[];
  /** Members that are not set, but may be changed inside. */
  readonly #inside: readonly FieldPart[];
  /** The only member that may be set, where there is just one and none may be deleted; what is before its value. */
  readonly #only: FieldName | undefined;
  readonly #onlyHead: string;
  readonly #onlyTrue: string;
  readonly #onlyFalse: string;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#parts = plan.parts ?? [];
    const written = new Set(plan.writes.map(({ name }) => name));
    this.#inside = this.#parts.filter(({ name }) => !written.has(name));
    this.#only = plan.writes.length === 1 && plan.deletes.length === 0 ? plan.writes[0] : undefined;
    this.#onlyHead = `,${JSON.stringify(this.#only?.name)}:`;
    this.#onlyTrue = `${this.#onlyHead}true`;
    this.#onlyFalse = `${this.#onlyHead}false`;
  }

  /** Adds the output of the line to `output`, for `event` as the handler left it. */
  write(event: Members, line: ChangedLine, bytes: Uint8Array, view: RecordView, output: EditWriter): void {
    if (this.#writeAdded(event, line, bytes, view, output)) return;
    const splices = this.#splicesOf(event, line.record, view);
    if (splices === undefined) return this.#writeWhole(event, line, view, output);
    if (splices.length === 0) return output.pass(line.line);
    splices.sort((a, b) => a.from - b.from);
    let { from, to } = eventOf(line, bytes, view);
    for (const splice of splices) {
      output.edit(from, splice.from, splice.json);
      from = splice.to;
    }
    endEvent(output, from, to, line);
  }

  /** The most common change by itself, quickly: one member, new, that is no container. False where it is something else. */
  #writeAdded(
    event: Members,
    changed: ChangedLine,
    bytes: Uint8Array,
    view: RecordView,
    output: EditWriter,
  ): boolean {
    const { record } = changed;
    const only = this.#only;
    const { records } = view;
    if (only === undefined || records[record + RECORD_WORDS + only.field * FIELD_WORDS] !== Kind.missing)
      return false;
    const value = event[only.name];
    const isPlain = typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string';
    if (!isPlain || !Object.hasOwn(event, only.name) || records[record + RecordWord.members] === 0)
      return false;
    if ((records[record + RecordWord.spelling]! & Spelling.regular) === 0) return false;
    for (const part of this.#inside) {
      const kind = records[record + RECORD_WORDS + part.field * FIELD_WORDS]!;
      if (isContainer(kind) && isChangedInside(part, event, record, view)) return false;
    }
    const at = records[record + RecordWord.insertAt]!;
    const { from, to } = eventOf(changed, bytes, view);
    if (typeof value === 'boolean') output.sharedEdit(from, at, value ? this.#onlyTrue : this.#onlyFalse);
    else output.edit(from, at, this.#onlyHead + memberJson(only.name, value));
    endEvent(output, at, to, changed);
    return true;
  }

  /** The changes, or undefined where they take the long way. */
  #splicesOf(event: Members, record: number, view: RecordView): Splice[] | undefined {
    try {
      return this.#splices(event, record, view);
    } catch (error) {
      if (error instanceof BadResult) return undefined;
      throw error;
    }
  }

  /** Throws BadResult for some value that cannot be written; the long way tells of the first in the order of the event. */
  #splices(event: Members, record: number, view: RecordView): Splice[] | undefined {
    const { records } = view;
    for (const { name, field } of this.#plan.deletes) {
      const kind = records[record + RECORD_WORDS + field * FIELD_WORDS]!;
      if (kind !== Kind.missing && !Object.hasOwn(event, name)) return undefined;
    }
    for (const part of this.#inside) if (isChangedInside(part, event, record, view)) return undefined;
    const splices: Splice[] = [];
    const added: string[] = [];
    for (const { name, field } of this.#plan.writes) {
      const at = record + RECORD_WORDS + field * FIELD_WORDS;
      const kind = records[at]!;
      // It was not set, and the handler does not look at it.
      if (!Object.hasOwn(event, name)) continue;
      if (kind === Kind.missing) {
        added.push(name);
        continue;
      }
      const value = event[name];
      if (isSame(value, kind, at, view)) continue;
      const quote = kind === Kind.string || kind === Kind.escapedString ? 1 : 0;
      const from = records[at + FieldWord.start]! - quote;
      const to = records[at + FieldWord.end]! + quote;
      const before = view.text.passing(from, to);
      const patchable = isPatchable(value, kind);
      const json = patchable ? encode(() => patchText(before, value)) : memberJson(name, value);
      // Left out, as if it had been deleted; or so deep perhaps that it matters from where it is patched.
      if (json === undefined || (patchable && json !== before && mayBeDeep(before))) return undefined;
      if (json !== before) splices.push({ from, to, json });
    }
    if (added.length > 0) this.#append(event, added, record, records, splices);
    // What was added may have no JSON; then it is the long way that decides how members of one name are written.
    if (splices.length === 0 && added.length === 0) return splices;
    return (records[record + RecordWord.spelling]! & Spelling.regular) === 0 ? undefined : splices;
  }

  #append(event: Members, added: string[], record: number, records: Int32Array, splices: Splice[]): void {
    // The order in which they were set.
    const names = added.length === 1 ? added : Object.keys(event).filter(name => added.includes(name));
    const at = records[record + RecordWord.insertAt]!;
    let json = '';
    for (const name of names) {
      const value = memberJson(name, event[name]);
      if (value !== undefined) json += `,${JSON.stringify(name)}:${value}`;
    }
    if (json === '') return;
    splices.push({
      from: at,
      to: at,
      json: records[record + RecordWord.members] === 0 ? json.slice(1) : json,
    });
  }

  /** The JSON of the event as the handler left it. */
  json(event: Members, { text, record, view }: { text: string; record: number; view: RecordView }): string {
    const whole = JSON.parse(text) as Members;
    for (const { name } of this.#plan.deletes) if (!Object.hasOwn(event, name)) delete whole[name];
    for (const part of this.#inside) {
      if (Object.hasOwn(event, part.name)) putBack(part, event, whole, record, view);
    }
    const written = new Set(this.#plan.writes.map(({ name }) => name));
    for (const name of Object.keys(event)) if (written.has(name)) whole[name] = event[name];
    return patchedJson(text, whole);
  }

  #writeWhole(
    event: Members,
    { line, start, end, record }: ChangedLine,
    view: RecordView,
    output: EditWriter,
  ): void {
    const text = view.text.passing(start, end);
    const patched = this.json(event, { text, record, view });
    if (patched === text.trim()) return output.pass(line);
    output.edit(start, start, `${patched}\n`);
    output.endLine(line, 1);
  }
}

/** Where the event is in its line, without white space around it; `to` is the newline itself where there is none. */
function eventOf(
  { start, end, record }: ChangedLine,
  bytes: Uint8Array,
  { records }: RecordView,
): { from: number; to: number } {
  let [from, to] = [start, end];
  if ((records[record + RecordWord.spelling]! & Spelling.bare) !== 0) return { from, to };
  while (bytes[from]! <= 0x20) from++;
  while (bytes[to - 1]! <= 0x20) to--;
  return { from, to };
}

/** The output of the line ends with the bytes `from..to`, and a newline: that of the line, where nothing is before it. */
function endEvent(output: EditWriter, from: number, to: number, { line, end }: ChangedLine): void {
  if (to === end) output.edit(from, end + 1, '');
  else output.sharedEdit(from, to, '\n');
  output.endLine(line, 1);
}

/** Brackets that a text may have before it counts as deep: fewer than the containers inside one another that are patched. */
const BRACKETS_MAX = 100;
const OPENING = /[[{]/g;

/** Whether so many containers may be inside one another that patching writes the innermost ones anew. */
function mayBeDeep(json: string): boolean {
  return json.length > 2 * BRACKETS_MAX && (json.match(OPENING)?.length ?? 0) > BRACKETS_MAX;
}

function isContainer(kind: number): boolean {
  return kind === Kind.object || kind === Kind.array;
}

/** Whether the value can be told from its text by patching: it still is a container of that kind, and decides for itself. */
function isPatchable(value: unknown, kind: number): boolean {
  if (!isContainer(kind) || typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) === (kind === Kind.array) && typeof (value as Members)['toJSON'] !== 'function';
}

/** Whether `value` is what the field at the word `at` holds. Of containers it says no, and leaves it to their texts. */
function isSame(value: unknown, kind: number, at: number, view: RecordView): boolean {
  if (isContainer(kind)) return false;
  return Object.is(value, decodeField(kind, at, view));
}

/** Whether something inside the part is no longer as the line has it. */
function isChangedInside(part: FieldPart, holder: Members, record: number, view: RecordView): boolean {
  const at = record + RECORD_WORDS + part.field * FIELD_WORDS;
  const kind = view.records[at]!;
  if (!isContainer(kind)) return false;
  const value = holder[part.name];
  if (kind === Kind.object && !part.whole) {
    return part.parts.some(inner => isChangedInside(inner, value as Members, record, view));
  }
  const text = view.text.passing(view.records[at + FieldWord.start]!, view.records[at + FieldWord.end]!);
  return !isPatchable(value, kind) || encode(() => patchText(text, value)) !== text;
}

/** Puts the whole parts under `part`, as they are now, into `target`. */
function putBack(part: FieldPart, holder: Members, target: Members, record: number, view: RecordView): void {
  const kind = view.records[record + RECORD_WORDS + part.field * FIELD_WORDS]!;
  if (!isContainer(kind)) return;
  if (kind === Kind.array || part.whole) {
    target[part.name] = holder[part.name];
    return;
  }
  for (const inner of part.parts) {
    putBack(inner, holder[part.name] as Members, target[part.name] as Members, record, view);
  }
}
