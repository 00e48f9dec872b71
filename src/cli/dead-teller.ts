import { printError } from './report-error.ts';

/** Tells of dead letters on standard error where they are not stored: the first few, then their number. */

const TOLD_MAX = 5;

export class DeadTeller {
  #count = 0;
  readonly #file: string | undefined;
  readonly #hint: string;

  /** `file` is where all of them are written, if anywhere; `hint` says how they could be. */
  constructor(file: string | undefined, hint = '--dead FILE writes them to a file') {
    this.#file = file;
    this.#hint = hint;
  }

  tell(letter: string): void {
    this.#count++;
    if (this.#count > TOLD_MAX) return;
    const { source, line, reason, error } = JSON.parse(letter) as {
      source: string;
      line: number;
      reason: string;
      error: { message: string };
    };
    printError(`${source === '-' ? 'standard input' : source} line ${line}: ${reason}: ${error.message}`);
  }

  end(): void {
    if (this.#count <= TOLD_MAX) return;
    const where = this.#file === undefined ? `; ${this.#hint}` : `, all of them in "${this.#file}"`;
    printError(`${this.#count} dead letters in all${where}`);
  }
}
