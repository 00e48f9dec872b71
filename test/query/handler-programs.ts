import * as fc from 'fast-check';

/**
 * Random handlers as the text of a module, out of everything that the reader knows and of what must make it give up.
 * `probe` stands for all that a handler may do with a value: it shows it, keeps it and changes it.
 */

/** Names of members; few, so that events have them, and some that JavaScript has a use for itself. */
const NAMES = ['a', 'b', 'c', 'user', 'name', 'items'];
const ODD_NAMES = ['toString', 'length', 'then', 'valueOf', '0', 'a-b', 'toJSON', '__proto__'];

/** What a handler consists of, from the reader's view. */
export interface HandlerProgram {
  /** Declares `handler_default`. */
  readonly body: string;
}

/** What can be named at some place of a program. */
interface Place {
  readonly events: readonly string[];
  readonly values: readonly string[];
  /** Calls of helpers that may be written here: those with a lower number. */
  readonly helpers: number;
  readonly inside: 'handler' | 'helper' | 'inner';
  readonly isAsync: boolean;
}

interface Parameter extends Pick<Place, 'events' | 'values'> {
  readonly text: string;
}

type Production = readonly [weight: number, write: () => string];

export const someHandlerProgram: fc.Arbitrary<HandlerProgram> = fc
  .noBias(fc.array(fc.nat(9999), { minLength: 40, maxLength: 400, size: 'max' }))
  .map(choices => ({ body: new ProgramWriter(choices).program() }));

class ProgramWriter {
  readonly #choices: readonly number[];
  #at = 0;
  #variables = 0;
  #depth = 0;
  #helperKinds: readonly string[] = [];
  /** Uses that let the event escape which may still be written: one at the most, so that no other one hides it. */
  #escapes: number;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
    this.#escapes = this.#chance(40) ? 1 : 0;
  }

  program(): string {
    const helpers = Array.from({ length: this.#below(4) }, (_, at) => this.#helper(at));
    const isAsync = this.#chance(15);
    const parameter = this.#parameter('event');
    const place: Place = { ...parameter, helpers: helpers.length, inside: 'handler', isAsync };
    const head = isAsync ? 'async ' : '';
    const handler = this.#pick([
      [3, () => `${head}(${parameter.text}) => {${this.#block(place)}}`],
      [2, () => `${head}function (${parameter.text}) {${this.#block(place)}}`],
      [2, () => `${head}(${parameter.text}) => (${this.#result(place)})`],
    ]);
    return `${helpers.join('\n')}\nvar handler_default = ${handler};`;
  }

  /** A function `h<at>` of the module, which may call those before it. */
  #helper(at: number): string {
    const kind = this.#pick([
      [8, () => 'plain'],
      [2, () => 'async'],
      [1, () => 'generator'],
      [1, () => 'arguments'],
      [1, () => 'rest'],
      [2, () => 'recursive'],
    ]);
    this.#helperKinds = [...this.#helperKinds, kind];
    const parameter = ['recursive', 'async'].includes(kind)
      ? { text: 'event', events: ['event'], values: [] }
      : this.#parameter('event');
    const place: Place = { ...parameter, helpers: at, inside: 'helper', isAsync: kind === 'async' };
    const body = this.#block(place);
    switch (kind) {
      case 'generator':
        return `function* h${at}(${parameter.text}) {${body}}`;
      case 'async':
        // Nobody waits for it everywhere, so it must not fail.
        return `async function h${at}(event, d) { try {${body}} catch (error) { probe(error.message); } }`;
      case 'arguments':
        return `function h${at}(${parameter.text}) { probe(arguments[0] ${this.#chance(50) ? '' : ', () => 1'}); ${body}}`;
      case 'rest':
        return `function h${at}(d, ...rest) { probe(rest.length, rest); }`;
      case 'recursive':
        return `function h${at}(event, d) { if (d > 0) { return h${at}(${this.#chance(50) ? this.#chain(place) : 'event'}, d - 1); } ${body}}`;
      default:
        return this.#pick([
          [2, () => `function h${at}(${parameter.text}, d = 1) {${body}}`],
          [1, () => `const h${at} = (${parameter.text}) => {${body}}`],
          [1, () => `let h${at} = (${parameter.text}) => (${this.#result(place)})`],
        ]);
    }
  }

  #parameter(name: string): Parameter {
    return this.#pickOf<Parameter>([
      [8, () => ({ text: name, events: [name], values: [] })],
      [1, () => ({ text: `${name} = {}`, events: [name], values: [] })],
      [
        3,
        () => {
          const values: string[] = [];
          return {
            text: this.#pattern(values, {
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

  /** An object pattern; the variables that it declares are added to `values`. */
  #pattern(values: string[], place: Place, depth = 0): string {
    const members = Array.from({ length: 1 + this.#below(3) }, () => {
      const name = this.#memberName();
      const key = /^\w+$/.test(name) && !/^\d/.test(name) ? name : JSON.stringify(name);
      return this.#pick([
        [5, () => `${key}: ${this.#declared(values)}`],
        [2, () => `${key}: ${this.#declared(values)} = ${this.#simple(place)}`],
        [depth < 2 ? 2 : 0, () => `${key}: ${this.#pattern(values, place, depth + 1)}`],
        [depth < 2 ? 1 : 0, () => `${key}: ${this.#pattern(values, place, depth + 1)} = {}`],
        [1, () => `${key}: [${this.#declared(values)}]`],
        [1, () => `["${name}"]: ${this.#declared(values)}`],
      ]);
    });
    if (this.#chance(6)) members.push(`...${this.#declared(values)}`);
    return `{ ${members.join(', ')} }`;
  }

  #declared(values: string[]): string {
    const name = `v${this.#variables++}`;
    values.push(name);
    return name;
  }

  #block(place: Place): string {
    this.#depth++;
    let inner = place;
    let text = ' ';
    const count = this.#depth > 3 ? 1 : 1 + this.#below(4);
    for (let at = 0; at < count; at++) {
      const { text: statement, place: after } = this.#statement(inner);
      text += `${statement} `;
      inner = after;
    }
    this.#depth--;
    return `${text}${this.#chance(this.#depth === 0 ? 80 : 30) ? `return ${this.#result(inner)}; ` : ''}`;
  }

  #statement(place: Place): { text: string; place: Place } {
    const one = (weight: number, write: () => string) => [weight, () => ({ text: write(), place })] as const;
    const nested = this.#depth < 4 ? 1 : 0;
    const event = (): string => this.#event(place);
    return this.#pickOf<{ text: string; place: Place }>([
      one(3, () => `probe(${this.#value(place)});`),
      [
        3,
        () => {
          const values = [...place.values];
          const init = this.#chain(place);
          return {
            text: `${this.#keyword()} ${this.#declared(values)} = ${init};`,
            place: { ...place, values },
          };
        },
      ],
      [
        3,
        () => {
          const values = [...place.values];
          const from = this.#chance(60) ? event() : this.#chain(place);
          const pattern = this.#pattern(values, place);
          return { text: `${this.#keyword()} ${pattern} = ${from};`, place: { ...place, values } };
        },
      ],
      [
        2,
        () => {
          const name = `e${this.#variables++}`;
          return {
            text: `${this.#keyword()} ${name} = ${event()};`,
            place: { ...place, events: [...place.events, name] },
          };
        },
      ],
      one(3, () => `${this.#written(place)} = ${this.#value(place)};`),
      one(
        1,
        () =>
          `${this.#written(place)} ${this.#pick([
            [1, () => '+='],
            [1, () => '??='],
            [1, () => '||='],
            [1, () => '&&='],
          ])} ${this.#simple(place)};`,
      ),
      one(1, () => `${this.#written(place)}++;`),
      one(1, () => `delete ${this.#written(place)};`),
      one(1, () => `({ b: ${this.#written(place)} } = ${this.#chance(50) ? event() : this.#chain(place)});`),
      one(1, () => `for (${this.#written(place)} of [1, 2]) probe(${this.#simple(place)});`),
      one(1, () => `[${this.#written(place)} = 3] = ${this.#chain(place)};`),
      one(
        nested * 3,
        () =>
          `if (${this.#test(place)}) {${this.#block(place)}}${this.#chance(40) ? ` else {${this.#block(place)}}` : ''}`,
      ),
      one(nested, () => `while (${this.#test(place)}) {${this.#block(place)} break; }`),
      one(
        nested,
        () =>
          `for (const i of ${this.#chain(place)}) {${this.#block({ ...place, values: [...place.values, 'i'] })}}`,
      ),
      one(
        nested,
        () =>
          `switch (${this.#chain(place)}) { case ${this.#chain(place)}: {${this.#block(place)}} default: probe(${this.#simple(place)}); }`,
      ),
      one(
        nested * 2,
        () => `try {${this.#block(place)}} catch (error) { probe(error.name, error.message); }`,
      ),
      one(nested * 2, () => this.#shadow(place)),
      one(nested, () => `probe(() => {${this.#block({ ...place, inside: 'inner', isAsync: false })}});`),
      one(
        nested,
        () =>
          `function inner${this.#variables}(x) {${this.#block({ ...place, values: [...place.values, 'x'], inside: 'inner', isAsync: false })}} probe(inner${this.#variables++}(${this.#chance(50) ? event() : this.#chain(place)}));`,
      ),
      one(1, () => `if (${this.#test(place)}) return ${this.#result(place)};`),
      one(1, () => `${this.#chain(place)};`),
      one(this.#escapes * 2, () => this.#escapingStatement(place)),
    ]);
  }

  /** Variables of a name that is known already, and that mean something else. */
  #shadow(place: Place): string {
    const names = [...place.events, ...place.values];
    const name = names[this.#below(names.length)] ?? 'event';
    const without: Place = {
      ...place,
      events: place.events.filter(other => other !== name),
      values: [...place.values.filter(other => other !== name), name],
    };
    const inner: Place = { ...without, inside: 'inner', isAsync: false };
    const use = `probe(Object.keys(Object(${name})), ${name});`;
    return this.#pick([
      [2, () => `{ const ${name} = { a: 1, user: { name: 2 } }; ${use}${this.#block(without)}}`],
      [2, () => `probe((${name} => {${this.#block(inner)}})({ a: 1 }));`],
      [1, () => `try { null.x; } catch (${name}) { probe(${name}.message);${this.#block(without)}}`],
      [1, () => `try { null.x; } catch (${name}) { var ${name} = ${this.#chain(place)}; probe(${name}); }`],
      [1, () => `for (const ${name} of [{ a: 1 }, 2]) {${use}${this.#block(without)}}`],
      [1, () => `for (let ${name} = 1; ${name} < 2; ${name}++) {${this.#block(without)}}`],
      [1, () => `{ class ${name} { static a = 1; } probe(${name}.a); }`],
      [1, () => `switch (${name}.a) { case 1: let ${name} = 1; probe(2); default: probe(1); }`],
      [1, () => `probe((function ${name}(d) { return ${name}.name; })(1));`],
      [1, () => `probe((function (f = () => ${name}.a) { var ${name} = 1; return [f(), ${name}]; })());`],
      [1, () => `probe((function (f = () => ${name}) { { let ${name} = 1; } return f() === 1; })());`],
      [1, () => `(() => { var ${name} = { a: 1 }; { ${use} } })();`],
      [1, () => `(() => { ${use} { var ${name} = { a: 1 }; } })();`],
      [1, () => `probe(class ${name} { static b = ${name}.name; }.b);`],
      [1, () => `${name}: for (;;) { break ${name}; }`],
    ]);
  }

  #keyword(): string {
    return this.#pick([
      [3, () => 'const'],
      [2, () => 'let'],
      [2, () => 'var'],
    ]);
  }

  /** What is returned: the event among other things, but not where it would escape. */
  #result(place: Place): string {
    if (place.inside === 'inner')
      return this.#chance(4) && this.#spend() ? this.#event(place) : this.#value(place);
    return this.#pick([
      [3, () => this.#value(place)],
      [3, () => this.#test(place)],
      [3, () => this.#event(place)],
      [1, () => `${this.#test(place)} ? ${this.#event(place)} : ${this.#simple(place)}`],
      [1, () => `${this.#test(place)} && ${this.#event(place)}`],
      [3, () => this.#copy(place)],
      [
        1,
        () =>
          `${this.#test(place)} ? ${this.#copy(place)} : ${this.#chance(50) ? 'null' : this.#event(place)}`,
      ],
      [1, () => `${this.#test(place)} ${this.#chance(50) ? '&&' : '||'} ${this.#copy(place)}`],
    ]);
  }

  /** A copy of the event with members set. */
  #copy(place: Place): string {
    const members = Array.from({ length: this.#below(3) }, () => {
      const name = JSON.stringify(this.#memberName());
      return this.#pick([
        [8, () => `, ${name}: ${this.#value(place)}`],
        [1, () => `, [${name}]: ${this.#simple(place)}`],
        [1, () => `, get ${name}() { return ${this.#simple(place)}; }`],
        [1, () => `, ${name}() {}`],
        [1, () => `, ...${this.#chain(place)}`],
        [1, () => `, ${name}: delete ${this.#written(place)}`],
        [1, () => `, ${name}: (${this.#written(place)} = 1)`],
      ]);
    });
    const before = this.#chance(4) ? 'b: 1, ' : '';
    return `({ ${before}...${this.#event(place)}${members.join('')} })`;
  }

  /** An expression that is the event, or what stands in its place. */
  #event(place: Place): string {
    const { events, values, helpers, isAsync } = place;
    const name = events[this.#below(events.length)] ?? values[this.#below(values.length)] ?? '({ a: 1 })';
    const again = (): string => (this.#chance(70) ? name : this.#event(place));
    return this.#pick([
      [12, () => name],
      [1, () => `(${this.#test(place)} ? ${again()} : ${again()})`],
      [1, () => `(${this.#simple(place)}, ${again()})`],
      [1, () => `(${again()} ${this.#chance(50) ? '||' : '??'} {})`],
      [1, () => `(${this.#test(place)} && ${again()})`],
      [1, () => `({ a: ${this.#written(place)} } = ${again()})`],
      [helpers > 0 ? 3 : 0, () => this.#call(place, again())],
      [isAsync ? 1 : 0, () => `(await ${this.#chain(place)}, ${name})`],
    ]);
  }

  #call({ helpers }: Place, argument: string): string {
    const at = this.#below(helpers);
    const kind = this.#helperKinds[at];
    if (['generator', 'arguments', 'rest'].includes(kind!) && !this.#spend()) return argument;
    return this.#pick([
      [6, () => `h${at}(${argument}, 1)`],
      [1, () => `h${at}?.(${argument}, 1)`],
      [1, () => `h${at}(0, ${argument}, 1)`],
      [1, () => `h${at}(0, 1, ${argument})`],
      [1, () => `h${at}(...[], ${this.#spend() ? argument : '2'})`],
      [1, () => `h${at}(${argument}, ...[1, 2])`],
    ]);
  }

  #memberName(): string {
    return this.#chance(92) ? NAMES[this.#below(NAMES.length)]! : ODD_NAMES[this.#below(ODD_NAMES.length)]!;
  }

  #step(isOptional = this.#chance(30)): string {
    const name = this.#memberName();
    const isPlain = /^[a-z]\w*$/i.test(name) && this.#chance(90);
    if (isPlain) return `${isOptional ? '?.' : '.'}${name}`;
    return `${isOptional ? '?.' : ''}[${/^\d$/.test(name) && this.#chance(50) ? name : JSON.stringify(name)}]`;
  }

  /** A member of the event, or of a part that is in a variable. */
  #chain(place: Place): string {
    const { values } = place;
    const isPart = values.length > 0 && (place.events.length === 0 || this.#chance(40));
    const base = isPart ? values[this.#below(values.length)]! : this.#event(place);
    return base + Array.from({ length: 1 + this.#below(3) }, () => this.#step()).join('');
  }

  /** A member that is assigned to or deleted: of the event more often than not. */
  #written({ events, values }: Place): string {
    const isPart = values.length > 0 && (events.length === 0 || this.#chance(25));
    const base = isPart
      ? values[this.#below(values.length)]!
      : (events[this.#below(events.length)] ?? 'probe');
    const steps = this.#chance(75) ? [] : [this.#step(false)];
    return base + [...steps, this.#step(false)].join('');
  }

  #simple(place: Place): string {
    return this.#pick([
      [2, () => String(this.#below(4))],
      [1, () => '"a"'],
      [1, () => 'null'],
      [1, () => 'undefined'],
      [place.values.length > 0 ? 2 : 0, () => place.values[this.#below(place.values.length)]!],
      [place.events.length > 0 ? 2 : 0, () => place.events[0] + this.#step()],
    ]);
  }

  /** What only shows whether something is there, or of which kind it is. */
  #test(place: Place): string {
    const chain = (): string => this.#chain(place);
    return this.#pick([
      [3, () => `!${chain()}`],
      [2, () => `${chain()} ${this.#chance(50) ? '==' : '!='} ${this.#chance(50) ? 'null' : 'undefined'}`],
      [2, () => `void 0 === ${chain()}`],
      [2, () => `typeof ${chain()} === "${this.#chance(50) ? 'string' : 'object'}"`],
      [
        2,
        () => `${JSON.stringify(this.#memberName())} in ${this.#chance(70) ? this.#event(place) : chain()}`,
      ],
      [1, () => `!(${chain()} && ${chain()})`],
      [1, () => `!!(${chain()} || ${chain()})`],
      [2, () => `${chain()} === ${this.#chance(50) ? this.#simple(place) : chain()}`],
      [1, () => `${chain()} == ${this.#simple(place)}`],
      [1, () => `${chain()} > ${this.#simple(place)}`],
      [1, () => `!${this.#event(place)}`],
      [1, () => `${this.#event(place)} !== ${chain()}`],
      [1, () => `typeof ${this.#event(place)} !== "object"`],
    ]);
  }

  #value(place: Place): string {
    const chain = (): string => this.#chain(place);
    const deeper = this.#depth < 4 ? 1 : 0;
    return this.#pick([
      [4, chain],
      [2, () => this.#simple(place)],
      [2, () => this.#test(place)],
      [1, () => `${chain()} + 1`],
      [1, () => `\`\${${chain()}}\``],
      [1, () => `${chain()}.startsWith("a")`],
      [1, () => `(${chain()})?.includes?.("a")`],
      [1, () => `(${chain()})()`],
      [1, () => `${chain()}\`x\``],
      [1, () => `${chain()}.hasOwnProperty("name")`],
      [1, () => `(${chain()}?.hasOwnProperty)("name")`],
      [1, () => `${chain()}.hasOwnProperty\`name\``],
      [1, () => `(0, ${chain()})`],
      [1, () => `new ${this.#event({ ...place, helpers: 0, isAsync: false })}.a()`],
      [1, () => `(${chain()} ?? {}).name`],
      [1, () => `(${chain()} || { name: 1 }).name`],
      [1, () => `({ x: ${chain()} })`],
      [1, () => `[...${chain()}]`],
      [1, () => `({ ...${chain()} })`],
      [1, () => `Object.keys(${chain()})`],
      [1, () => `JSON.stringify(${chain()})`],
      [1, () => `probe(${chain()})`],
      [1, () => `({ b: 1 })[${chain()}]`],
      [1, () => `${chain()}[${this.#simple(place)}]`],
      [1, () => `${chain()} in { a: 1 }`],
      [1, () => `-${chain()}`],
      [1, () => `(${this.#written(place)} = ${this.#simple(place)})`],
      [place.helpers > 0 ? 2 : 0, () => this.#call(place, chain())],
      [place.helpers > 0 ? 2 : 0, () => this.#call(place, this.#event(place)) + this.#step()],
      [deeper, () => `() => ${this.#value({ ...place, inside: 'inner', isAsync: false })}`],
      [
        deeper,
        () =>
          `${chain()}.map(x => ${this.#simple({ ...place, values: [...place.values, 'x'], inside: 'inner', isAsync: false })})`,
      ],
      [place.isAsync ? 2 : 0, () => `(await ${chain()})`],
      [
        place.isAsync && place.helpers > 0 ? 2 : 0,
        () => `Object.keys(Object(await ${this.#call(place, this.#event(place))}))`,
      ],
      [place.helpers > 0 ? 1 : 0, () => `probe(${this.#call(place, this.#event(place))}?.next?.())`],
      [this.#escapes * 2, () => this.#escapingValue(place)],
    ]);
  }

  #spend(): boolean {
    if (this.#escapes === 0) return false;
    this.#escapes = 0;
    return true;
  }

  #escapingStatement(place: Place): string {
    if (place.events.length === 0 || !this.#spend()) return ';';
    const event = place.events[this.#below(place.events.length)]!;
    return this.#pick([
      [1, () => `for (const k in ${event}) probe(k);`],
      [1, () => `for (const k of ${event}) probe(k);`],
      [1, () => `const { a: r1, ...r2 } = ${event}; probe(r2);`],
      [1, () => `let w1; w1 = ${event}; probe(Object.keys(w1));`],
      [1, () => `const w2 = [${event}]; probe(w2);`],
      [1, () => `let w3 = ${event}; w3 = { a: 1 }; probe(w3.a);`],
      [1, () => `let w4 = { a: 1 }; ({ w4 = ${event} } = {}); probe(w4);`],
      [1, () => `throw ${event};`],
      [1, () => `var { [${event}]: w5 } = {}; probe(w5);`],
      [1, () => `${event}.self = ${event}; probe(${event}.self);`],
      [1, () => `(function () { probe(this); }).call(${event});`],
      [1, () => `switch (1) { case 1: probe(${event}); }`],
      [1, () => `class W { static x = ${event}; } probe(W.x);`],
      [1, () => `var w6 = ${event}; var w6; probe(w6, Object.keys(w6));`],
    ]);
  }

  #escapingValue(place: Place): string {
    if (place.events.length === 0 || !this.#spend()) return '0';
    const event = place.events[this.#below(place.events.length)]!;
    return this.#pick([
      [2, () => `probe(${event})`],
      [1, () => `Object.keys(${event}).length`],
      [1, () => `({ ...${event} })`],
      [1, () => `({ ${event} })`],
      [1, () => `[${event}]`],
      [1, () => `JSON.stringify(${event})`],
      [1, () => `${event}.hasOwnProperty("b")`],
      [1, () => `${event}?.hasOwnProperty("b")`],
      [1, () => `(${event}?.hasOwnProperty)("b")`],
      [1, () => `${event}[${JSON.stringify('na')} + "me"]`],
      [1, () => `probe(() => ${event})`],
      [1, () => `probe(function () { return ${event}; })`],
      [1, () => `\`\${${event}}\``],
      [1, () => `(${event} == "x")`],
      [1, () => `(${event} + 1)`],
      [1, () => `${event}.hasOwnProperty\`b\``],
      [1, () => `probe\`\${${event}}\``],
      [1, () => `("a" + "b" in ${event})`],
      [1, () => `(${event} in { "[object Object]": 1 })`],
      [1, () => `({ b: 1 })[${event}]`],
      [1, () => `(${event} instanceof class { static [Symbol.hasInstance](x) { probe(x); return true; } })`],
      [1, () => `new (function (x) { this.x = x; })(${event})`],
      [1, () => `((x) => Object.keys(x))(${event})`],
      [1, () => `((x = ${event}) => x)()`],
      [1, () => `structuredClone(${event})`],
      [1, () => `Object.hasOwn(${event}, "b")`],
      [1, () => `-${event}`],
      [
        1,
        () =>
          place.inside === 'inner' ? '0' : `typeof arguments === "undefined" ? 0 : Object.keys(arguments[0])`,
      ],
      [1, () => (place.isAsync ? `Object.keys(await ${event})` : '0')],
    ]);
  }

  #pick(productions: readonly Production[]): string {
    return this.#pickOf(productions);
  }

  /** One of the productions, by their weights. */
  #pickOf<Result>(productions: readonly (readonly [weight: number, write: () => Result])[]): Result {
    const total = productions.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.#below(total);
    for (const [weight, write] of productions) {
      if (at < weight) return write();
      at -= weight;
    }
    throw new Error('there is no production');
  }

  #chance(percent: number): boolean {
    return this.#below(100) < percent;
  }

  /** A whole number below `limit`; 0 when there is nothing left to choose by. */
  #below(limit: number): number {
    return limit === 0 ? 0 : (this.#choices[this.#at++] ?? 0) % limit;
  }
}
