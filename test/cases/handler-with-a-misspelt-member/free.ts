/** Exports beside the definition, and fields of a class, are the handler's own affair. */
export const helper = (n: number): number => n * 2;
export const key = 'n';

class Doubling {
  calls = 0;
  readonly handle = (event: { n: number }): object => ({ n: helper(event.n), call: ++this.calls });
}

export default new Doubling();
