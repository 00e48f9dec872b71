import { expect } from 'vitest';
import type { ValuePath } from '../../src/kernel/path.ts';
import { Exit, Op, type Predicate, type Test } from '../../src/kernel/program.ts';
import { Kind } from '../../src/kernel/records.ts';

/**
 * Runs the kernel's code on values that JSON.parse gives, as the table in program.ts says and no engine does it. Texts that
 * need escapes in JSON count as spelt with them, and numbers from 2^53 on as those whose value the engine does not know.
 */

export type Verdict = 'pass' | 'drop' | 'unsure';

interface Compiled {
  readonly fields: readonly ValuePath[];
  readonly predicate: Predicate;
}

const OPS: ReadonlySet<number> = new Set(Object.values(Op));
const EXITS: ReadonlySet<number> = new Set(Object.values(Exit));

/** What the code says about `event`; the path that it took must go from its first test forwards to an end. */
export function runPredicate({ fields, predicate: { tests } }: Compiled, event: unknown): Verdict {
  for (let at = 0; ; ) {
    const test = tests[at]!;
    const answer = answerOf(test, test.op === Op.unsure ? undefined : valueAt(event, fields[test.field]!));
    const next = answer === 'unsure' ? Exit.unsure : answer ? test.onTrue : test.onFalse;
    if (next === Exit.pass) return 'pass';
    if (next === Exit.drop) return 'drop';
    if (next === Exit.unsure) return 'unsure';
    if (next <= at) throw new Error(`test ${at} goes on at ${next}`);
    at = next;
  }
}

/** Whether the code is of the form that program.ts asks for, and holds nothing that is never reached. */
export function expectWellFormed({ fields, predicate: { tests } }: Compiled): void {
  const paths = fields.map(({ segments }) => JSON.stringify(segments.map(({ name }) => name)));
  const used = new Set(tests.filter(({ op }) => op !== Op.unsure).map(({ field }) => field));
  const reached = new Set([0]);
  const wrong = tests.filter(({ op, onTrue, onFalse }, at) => {
    const isReached = reached.has(at);
    reached.add(onTrue).add(onFalse);
    const isTarget = (next: number): boolean =>
      EXITS.has(next) || (Number.isInteger(next) && next > at && next < tests.length);
    return !isReached || !OPS.has(op) || !isTarget(onTrue) || !isTarget(onFalse);
  });
  expect([tests.length > 0, wrong, new Set(paths).size, [...used].sort((a, b) => a - b)]).toEqual([
    true,
    [],
    paths.length,
    paths.map((_, field) => field),
  ]);
}

/** The value of a field: own members of objects, and items of arrays; undefined where it is missing. */
function valueAt(event: unknown, { segments }: ValuePath): unknown {
  let value = event;
  for (const { name, index } of segments) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = index >= 0 ? value[index] : undefined;
    else value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}

function kindOf(value: unknown): Kind {
  if (value === undefined) return Kind.missing;
  if (value === null) return Kind.null;
  if (typeof value === 'boolean') return value ? Kind.true : Kind.false;
  if (typeof value === 'number') return Math.abs(value) < 2 ** 53 ? Kind.number : Kind.numberText;
  if (typeof value === 'string')
    return JSON.stringify(value) === `"${value}"` ? Kind.string : Kind.escapedString;
  return Array.isArray(value) ? Kind.array : Kind.object;
}

type Answer = boolean | 'unsure';

/** The columns of the table: missing, null, false, true, number, numberText, string, escapedString, object, array. */
function answerOf({ op, number, text }: Test, value: unknown): Answer {
  const kind = kindOf(value);
  const row = (...answers: (Answer | (() => boolean))[]): Answer => {
    const answer = answers[kind]!;
    return typeof answer === 'function' ? answer() : answer;
  };
  const found = value as string;
  const compared = (holds: (value: number) => boolean): Answer =>
    row(
      false,
      () => holds(0),
      () => holds(0),
      () => holds(1),
      () => holds(value as number),
      'unsure',
      'unsure',
      'unsure',
      'unsure',
      'unsure',
    );
  const only = (...kinds: Kind[]): Answer => kinds.includes(kind);
  switch (op) {
    case Op.truthy:
      return row(
        false,
        false,
        false,
        true,
        () => value !== 0,
        'unsure',
        () => value !== '',
        true,
        true,
        true,
      );
    case Op.less:
      return compared(other => other < number);
    case Op.lessOrEqual:
      return compared(other => other <= number);
    case Op.greater:
      return compared(other => other > number);
    case Op.greaterOrEqual:
      return compared(other => other >= number);
    case Op.looseNumber:
      return row(
        false,
        false,
        () => number === 0,
        () => number === 1,
        () => value === number,
        'unsure',
        'unsure',
        'unsure',
        'unsure',
        'unsure',
      );
    case Op.strictNumber:
      return row(false, false, false, false, () => value === number, 'unsure', false, false, false, false);
    case Op.looseText:
      return row(
        false,
        false,
        'unsure',
        'unsure',
        'unsure',
        'unsure',
        () => value === text,
        'unsure',
        'unsure',
        'unsure',
      );
    case Op.strictText:
      return row(false, false, false, false, false, false, () => value === text, 'unsure', false, false);
    case Op.nullish:
      return only(Kind.missing, Kind.null);
    case Op.isNull:
      return only(Kind.null);
    case Op.isFalse:
      return only(Kind.false);
    case Op.isTrue:
      return only(Kind.true);
    case Op.exists:
      return kind !== Kind.missing;
    case Op.startsWith:
      return looked(() => found.startsWith(text));
    case Op.endsWith:
      return looked(() => found.endsWith(text));
    case Op.includes:
      return looked(() => found.includes(text));
    case Op.isObject:
      return only(Kind.object);
    case Op.isString:
      return only(Kind.string, Kind.escapedString);
    default:
      return 'unsure';
  }

  function looked(holds: () => boolean): Answer {
    return row(false, false, false, false, false, false, holds, 'unsure', false, 'unsure');
  }
}
