/** What stands in an expression and is not part of the language, and where: `at` is an offset in its text. */
export class Refusal extends Error {
  readonly at: number;
  readonly hint: string | undefined;

  constructor(at: number, message: string, hint?: string) {
    super(message);
    this.name = 'Refusal';
    this.at = at;
    this.hint = hint;
  }
}
