import { FIELD_WORDS, FieldWord, Kind, RECORD_WORDS } from '../kernel/records.ts';
import type { SlotText } from './line-text.ts';
import type { FieldPart } from './plan.ts';

/**
 * Makes the event that a handler gets, with those parts only that it can look at. That the others are missing cannot be
 * seen by it: the reading of its source is the proof (query/handler-reader.ts).
 */

/** Where the records of a batch are, and the text of its slot. */
export interface RecordView {
  readonly records: Int32Array;
  readonly floats: Float64Array;
  readonly text: SlotText;
}

type Members = Record<string, unknown>;

/** The event whose record begins at the word `record`. */
export function project(parts: readonly FieldPart[], record: number, view: RecordView): Members {
  const event: Members = {};
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const at = record + RECORD_WORDS + part.field * FIELD_WORDS;
    const kind = view.records[at]!;
    if (kind === Kind.number) event[part.name] = view.floats[(at + FieldWord.value) >> 1];
    else if (kind !== Kind.missing) event[part.name] = valueOf(part, kind, at, record, view);
  }
  return event;
}

function valueOf(part: FieldPart, kind: number, at: number, record: number, view: RecordView): unknown {
  if (kind === Kind.object && !part.whole) return project(part.parts, record, view);
  return decodeField(kind, at, view);
}

/** The value of the field at the word `at`, which is not missing. */
export function decodeField(kind: number, at: number, { records, floats, text }: RecordView): unknown {
  const start = records[at + FieldWord.start]!;
  const end = records[at + FieldWord.end]!;
  switch (kind) {
    case Kind.null:
      return null;
    case Kind.false:
      return false;
    case Kind.true:
      return true;
    case Kind.number:
      return floats[(at + FieldWord.value) >> 1];
    case Kind.numberText:
      return Number(text.passing(start, end));
    case Kind.string:
      return text.lasting(start, end);
    case Kind.escapedString:
      return JSON.parse(text.passing(start - 1, end + 1));
    default:
      return JSON.parse(text.passing(start, end));
  }
}
