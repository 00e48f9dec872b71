import { KEY_SEGMENTS_MAX } from '../base/limits.ts';
import { parsePath, type ValuePath } from '../kernel/path.ts';
import { Exit, type Predicate, type Program, SpellingCheck, type Test } from '../kernel/program.ts';
import { recordBytes } from '../kernel/records.ts';
import type { EventReading, Part } from '../query/handler-reader.ts';
import type { Select } from '../query/select.ts';
import type { Where } from '../query/where.ts';

/**
 * What a lane asks of the kernel: the key, what `--where` and `--select` name, and the parts of an event that the handler
 * looks at, as one program; and where each of these finds its fields again.
 */
export interface Plan {
  readonly program: Program;
  /** Words of a record. */
  readonly recordWords: number;
  /** Parts of the event that the handler looks at; undefined where it may look at all of it. */
  readonly parts: readonly FieldPart[] | undefined;
  /** The members that the handler may set or delete. */
  readonly writes: readonly FieldName[];
  readonly deletes: readonly FieldName[];
  /** Whether an object that the handler returns, and that is not the event, is a copy of it that has changes. */
  readonly returnsCopy: boolean;
  /** Whether a line that passes the predicate passes the handler as well, or there is none. */
  readonly decided: boolean;
  readonly where: Where | undefined;
  readonly select: Select | undefined;
  /** For each field of `select` its number in the program. */
  readonly selectFields: readonly number[];
}

export interface FieldName {
  readonly name: string;
  readonly field: number;
}

/** A part of an event, with its field. */
export interface FieldPart extends FieldName {
  readonly whole: boolean;
  readonly parts: readonly FieldPart[];
}

export interface PlanOptions {
  readonly key: string | undefined;
  readonly where: Where | undefined;
  readonly select: Select | undefined;
  readonly hasHandler: boolean;
  readonly reading: EventReading | undefined;
  readonly lineBytesMax: number;
}

export function makePlan({ key, where, select, hasHandler, reading, lineBytesMax }: PlanOptions): Plan {
  const fields = new Fields();
  const keyField = key === undefined ? -1 : fields.add(parsePath(key));
  const predicates: Predicate[] = [];
  if (where !== undefined) predicates.push(renumber(where.predicate, fields.addAll(where.fields)));
  const verdict = reading?.verdict;
  if (verdict !== undefined) predicates.push(renumber(verdict.predicate, fields.addAll(verdict.fields)));
  const decided = !hasHandler || verdict !== undefined;
  const selectFields = select === undefined ? [] : fields.addAll(select.fields);
  const named = (name: string): FieldName => ({ name, field: fields.add(pathOf([name])) });
  // A member that is put back as it was must have been decoded as it was.
  const touched = new Set([...(reading?.writes ?? []), ...(reading?.deletes ?? [])]);
  const parts = reading?.parts.map(part =>
    fieldPart(fields, { ...part, whole: part.whole || touched.has(part.name) }, []),
  );
  const returnsCopy = reading?.returnsCopy === true;
  const returnsEvent = returnsCopy || reading?.returnsEvent === true;
  const writes = returnsEvent ? reading!.writes.map(named) : [];
  const deletes = returnsEvent ? reading!.deletes.map(named) : [];
  const program: Program = {
    fields: fields.paths,
    key: keyField,
    predicate: chain(predicates),
    spelling: returnsEvent ? SpellingCheck.names : SpellingCheck.none,
    verdictOnly: decided && select === undefined,
    lineBytesMax,
    // The handler needs the whole event, and nobody else anything of it.
    linesOnly: fields.paths.length === 0 && reading === undefined && predicates.length === 0 && hasHandler,
  };
  return {
    program,
    recordWords: recordBytes(fields.paths.length) / 4,
    parts,
    writes,
    deletes,
    returnsCopy,
    decided,
    where,
    select,
    selectFields,
  };
}

/**
 * The program with a closer look at the spelling, where what the handler has returned so far makes it worth its while:
 * its own event whole, or something else, in which numbers keep their digits. Undefined where it looks so closely already.
 */
export function closerProgram(
  program: Program,
  { returnsEvents, returnsOthers }: { readonly returnsEvents: boolean; readonly returnsOthers: boolean },
): Program | undefined {
  const { names, all, numbers } = SpellingCheck;
  const { spelling } = program;
  if (spelling === all) return undefined;
  if (returnsEvents || (returnsOthers && spelling === names)) {
    return { ...program, spelling: all, linesOnly: false };
  }
  if (!returnsOthers || spelling === numbers) return undefined;
  // A walk for the numbers alone still costs less than a look at the text (LineNumbers).
  return { ...program, spelling: numbers, linesOnly: false };
}

/** Fields of a program, each path once. */
class Fields {
  readonly paths: ValuePath[] = [];
  readonly #numbers = new Map<string, number>();

  add(path: ValuePath): number {
    const text = JSON.stringify(path.segments.map(({ name }) => name));
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.paths.length);
    return this.paths.push(path) - 1;
  }

  addAll(paths: readonly ValuePath[]): number[] {
    return paths.map(path => this.add(path));
  }
}

function fieldPart(fields: Fields, { name, whole, parts }: Part, above: readonly string[]): FieldPart {
  const path = [...above, name];
  const field = fields.add(pathOf(path));
  if (whole || path.length === KEY_SEGMENTS_MAX) return { name, field, whole: true, parts: [] };
  return { name, field, whole, parts: parts.map(part => fieldPart(fields, part, path)) };
}

function pathOf(names: readonly string[]): ValuePath {
  return parsePath(`/${names.map(name => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`);
}

function renumber({ tests }: Predicate, numbers: readonly number[]): Predicate {
  return { tests: tests.map(test => ({ ...test, field: numbers[test.field] ?? 0 })) };
}

/** One predicate that holds where all do; undefined where there is none. */
function chain(predicates: readonly Predicate[]): Predicate | undefined {
  if (predicates.length === 0) return undefined;
  const tests: Test[] = [];
  for (const [index, predicate] of predicates.entries()) {
    const first = tests.length;
    const next = index + 1 < predicates.length ? first + predicate.tests.length : Exit.pass;
    const target = (to: number): number => (to >= 0 ? to + first : to === Exit.pass ? next : to);
    for (const test of predicate.tests) {
      tests.push({ ...test, onTrue: target(test.onTrue), onFalse: target(test.onFalse) });
    }
  }
  return { tests };
}
