import { FIELD_WORDS, FieldWord, Kind, RECORD_WORDS } from '../kernel/records.ts';
import type { SelectTree } from '../query/select.ts';
import type { EditWriter } from './edit-writer.ts';
import type { Plan } from './plan.ts';

/**
 * Writes the fields of `--select` from the line's own bytes, so that their values keep their spelling:
 * `{"a":…,"b":{"c":…}}` and a newline. What is missing is left out, with the objects around it (query/select.ts).
 */
export function selectEdits(plan: Plan, records: Int32Array, record: number, output: EditWriter): void {
  new SelectWriter(plan, records, record, output).write();
}

class SelectWriter {
  readonly #plan: Plan;
  readonly #records: Int32Array;
  readonly #record: number;
  readonly #output: EditWriter;
  /** The value whose bytes are next, and the text behind it so far. */
  #from = 0;
  #to = 0;
  #text = '';

  constructor(plan: Plan, records: Int32Array, record: number, output: EditWriter) {
    this.#plan = plan;
    this.#records = records;
    this.#record = record;
    this.#output = output;
  }

  write(): void {
    if (!this.#object(this.#plan.select!.tree, '')) this.#text = '{}';
    this.#text += '\n';
    this.#end();
  }

  /** Writes an object behind `before`; false, and nothing, where it has no members. */
  #object(tree: SelectTree, before: string): boolean {
    let opening = `${before}{`;
    let isEmpty = true;
    for (const { name, value } of tree) {
      const head = `${opening}${JSON.stringify(name)}:`;
      const written = typeof value === 'number' ? this.#field(value, head) : this.#object(value, head);
      if (!written) continue;
      opening = ',';
      isEmpty = false;
    }
    if (!isEmpty) this.#text += '}';
    return !isEmpty;
  }

  #field(number: number, head: string): boolean {
    const at = this.#record + RECORD_WORDS + this.#plan.selectFields[number]! * FIELD_WORDS;
    const kind = this.#records[at]!;
    if (kind === Kind.missing) return false;
    this.#text += head;
    this.#end();
    const quote = kind === Kind.string || kind === Kind.escapedString ? 1 : 0;
    this.#from = this.#records[at + FieldWord.start]! - quote;
    this.#to = this.#records[at + FieldWord.end]! + quote;
    return true;
  }

  #end(): void {
    this.#output.edit(this.#from, this.#to, this.#text);
    this.#text = '';
  }
}
