import type { Attempt, BenchCase, Handled } from './cases.ts';
import { digestOf } from './digest.ts';
import type { Input } from './input.ts';
import type { Measured } from './measure.ts';
import type { DataSet } from './sets.ts';

/**
 * Checks at every attempt that a program did what it was measured for: how many events it read and kept, and, wherever
 * the output is short enough to be read again (filters, and all programs with a slice of the input), that all wrote the
 * same bytes. A program that spells texts and numbers its own way is held to those that do so too, unless the data are
 * such that it makes no difference.
 */
export class Check {
  readonly #set: DataSet;
  readonly #slice: Input;
  readonly #kept = new Map<string, number>();
  readonly #digests = new Map<string, { readonly of: string; readonly sha256: string }>();

  constructor(set: DataSet, slice: Input) {
    this.#set = set;
    this.#slice = slice;
  }

  /** What the program says it has done; throws where that is not so. */
  add(benchCase: BenchCase, attempt: Attempt, input: Input, measured: Measured): Handled {
    const { name, work } = benchCase;
    const handled = attempt.handled(measured);
    const { events, kept } = handled;
    if (events !== undefined && events !== input.events) {
      throw new Error(`"${name}" read ${events} of ${input.events} events`);
    }
    const task = `${work} ${input.path}`;
    const expected = work === 'filter' ? (this.#kept.get(task) ?? kept) : input.events;
    this.#kept.set(task, expected);
    if (kept !== expected) throw new Error(`"${name}" kept ${kept} events, not ${expected}`);
    const short = work === 'filter' || input === this.#slice;
    if (attempt.outputs !== undefined && short) this.#compare(benchCase, attempt.outputs(), task, expected);
    return handled;
  }

  #compare({ name, spelling }: BenchCase, outputs: readonly string[], task: string, expected: number): void {
    const { events, sha256 } = digestOf(outputs);
    if (events !== expected) throw new Error(`"${name}" wrote ${events} events, not ${expected}`);
    const group = this.#set.canonical ? task : `${task} ${spelling}`;
    const first = this.#digests.get(group);
    if (first === undefined) this.#digests.set(group, { of: name, sha256 });
    else if (first.sha256 !== sha256) throw new Error(`"${name}" and "${first.of}" wrote different bytes`);
  }
}
