import * as fc from 'fast-check';
import { StatementWriter } from './programs/statements.ts';
import type { Place } from './programs/values.ts';

/**
 * Random handlers as the text of a module, out of everything that the reader knows and of what must make it give up.
 * `probe` stands for all that a handler may do with a value: it shows it, keeps it and changes it.
 */

/** What a handler consists of, from the reader's view. */
export interface HandlerProgram {
  /** Declares `handler_default`. */
  readonly body: string;
}

interface Parameter extends Pick<Place, 'events' | 'values'> {
  readonly text: string;
}

export const someHandlerProgram: fc.Arbitrary<HandlerProgram> = fc
  .noBias(fc.array(fc.nat(9999), { minLength: 40, maxLength: 400, size: 'max' }))
  .map(choices => ({ body: new ProgramWriter(choices).program() }));

class ProgramWriter extends StatementWriter {
  program(): string {
    const helpers = Array.from({ length: this.below(4) }, (_, at) => this.helper(at));
    const isAsync = this.chance(15);
    const parameter = this.parameter('event');
    const place: Place = { ...parameter, helpers: helpers.length, inside: 'handler', isAsync };
    const head = isAsync ? 'async ' : '';
    const handler = this.pick([
      [3, () => `${head}(${parameter.text}) => {${this.block(place)}}`],
      [2, () => `${head}function (${parameter.text}) {${this.block(place)}}`],
      [2, () => `${head}(${parameter.text}) => (${this.result(place)})`],
    ]);
    return `${helpers.join('\n')}\nvar handler_default = ${handler};`;
  }

  /** A function `h<at>` of the module, which may call those before it. */
  protected helper(at: number): string {
    const kind = this.pick([
      [8, () => 'plain'],
      [2, () => 'async'],
      [1, () => 'generator'],
      [1, () => 'arguments'],
      [1, () => 'rest'],
      [2, () => 'recursive'],
    ]);
    this.helperKinds = [...this.helperKinds, kind];
    const parameter = ['recursive', 'async'].includes(kind)
      ? { text: 'event', events: ['event'], values: [] }
      : this.parameter('event');
    const place: Place = { ...parameter, helpers: at, inside: 'helper', isAsync: kind === 'async' };
    const body = this.block(place);
    switch (kind) {
      case 'generator':
        return `function* h${at}(${parameter.text}) {${body}}`;
      case 'async':
        // Nobody waits for it everywhere, so it must not fail.
        return `async function h${at}(event, d) { try {${body}} catch (error) { probe(error.message); } }`;
      case 'arguments':
        return `function h${at}(${parameter.text}) { probe(arguments[0] ${this.chance(50) ? '' : ', () => 1'}); ${body}}`;
      case 'rest':
        return `function h${at}(d, ...rest) { probe(rest.length, rest); }`;
      case 'recursive':
        return `function h${at}(event, d) { if (d > 0) { return h${at}(${this.chance(50) ? this.chain(place) : 'event'}, d - 1); } ${body}}`;
      default:
        return this.pick([
          [2, () => `function h${at}(${parameter.text}, d = 1) {${body}}`],
          [1, () => `const h${at} = (${parameter.text}) => {${body}}`],
          [1, () => `let h${at} = (${parameter.text}) => (${this.result(place)})`],
        ]);
    }
  }

  protected parameter(name: string): Parameter {
    return this.pickOf<Parameter>([
      [8, () => ({ text: name, events: [name], values: [] })],
      [1, () => ({ text: `${name} = {}`, events: [name], values: [] })],
      [
        3,
        () => {
          const values: string[] = [];
          return {
            text: this.pattern(values, {
              events: [],
              values: [],
              helpers: 0,
              inside: 'inner',
              isAsync: false,
            }),
            events: [],
            values,
          };
        },
      ],
    ]);
  }
}
