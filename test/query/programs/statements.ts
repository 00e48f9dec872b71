import { type Place, ValueWriter } from './values.ts';

/** Statements of a random handler, and what it returns. */
export class StatementWriter extends ValueWriter {
  protected variables = 0;

  /** An object pattern; the variables that it declares are added to `values`. */
  protected pattern(values: string[], place: Place, depth = 0): string {
    const members = Array.from({ length: 1 + this.below(3) }, () => {
      const name = this.memberName();
      const key = /^\w+$/.test(name) && !/^\d/.test(name) ? name : JSON.stringify(name);
      return this.pick([
        [5, () => `${key}: ${this.declared(values)}`],
        [2, () => `${key}: ${this.declared(values)} = ${this.simple(place)}`],
        [depth < 2 ? 2 : 0, () => `${key}: ${this.pattern(values, place, depth + 1)}`],
        [depth < 2 ? 1 : 0, () => `${key}: ${this.pattern(values, place, depth + 1)} = {}`],
        [1, () => `${key}: [${this.declared(values)}]`],
        [1, () => `["${name}"]: ${this.declared(values)}`],
      ]);
    });
    if (this.chance(6)) members.push(`...${this.declared(values)}`);
    return `{ ${members.join(', ')} }`;
  }

  protected declared(values: string[]): string {
    const name = `v${this.variables++}`;
    values.push(name);
    return name;
  }

  protected block(place: Place): string {
    this.depth++;
    let inner = place;
    let text = ' ';
    const count = this.depth > 3 ? 1 : 1 + this.below(4);
    for (let at = 0; at < count; at++) {
      const { text: statement, place: after } = this.statement(inner);
      text += `${statement} `;
      inner = after;
    }
    this.depth--;
    return `${text}${this.chance(this.depth === 0 ? 80 : 30) ? `return ${this.result(inner)}; ` : ''}`;
  }

  protected statement(place: Place): { text: string; place: Place } {
    const one = (weight: number, write: () => string) => [weight, () => ({ text: write(), place })] as const;
    const nested = this.depth < 4 ? 1 : 0;
    const event = (): string => this.event(place);
    return this.pickOf<{ text: string; place: Place }>([
      one(3, () => `probe(${this.value(place)});`),
      [
        3,
        () => {
          const values = [...place.values];
          const init = this.chain(place);
          return {
            text: `${this.keyword()} ${this.declared(values)} = ${init};`,
            place: { ...place, values },
          };
        },
      ],
      [
        3,
        () => {
          const values = [...place.values];
          const from = this.chance(60) ? event() : this.chain(place);
          const pattern = this.pattern(values, place);
          return { text: `${this.keyword()} ${pattern} = ${from};`, place: { ...place, values } };
        },
      ],
      [
        2,
        () => {
          const name = `e${this.variables++}`;
          return {
            text: `${this.keyword()} ${name} = ${event()};`,
            place: { ...place, events: [...place.events, name] },
          };
        },
      ],
      one(3, () => `${this.written(place)} = ${this.value(place)};`),
      one(
        1,
        () =>
          `${this.written(place)} ${this.pick([
            [1, () => '+='],
            [1, () => '??='],
            [1, () => '||='],
            [1, () => '&&='],
          ])} ${this.simple(place)};`,
      ),
      one(1, () => `${this.written(place)}++;`),
      one(1, () => `delete ${this.written(place)};`),
      one(1, () => `({ b: ${this.written(place)} } = ${this.chance(50) ? event() : this.chain(place)});`),
      one(1, () => `for (${this.written(place)} of [1, 2]) probe(${this.simple(place)});`),
      one(1, () => `[${this.written(place)} = 3] = ${this.chain(place)};`),
      one(
        nested * 3,
        () =>
          `if (${this.test(place)}) {${this.block(place)}}${this.chance(40) ? ` else {${this.block(place)}}` : ''}`,
      ),
      one(nested, () => `while (${this.test(place)}) {${this.block(place)} break; }`),
      one(
        nested,
        () =>
          `for (const i of ${this.chain(place)}) {${this.block({ ...place, values: [...place.values, 'i'] })}}`,
      ),
      one(
        nested,
        () =>
          `switch (${this.chain(place)}) { case ${this.chain(place)}: {${this.block(place)}} default: probe(${this.simple(place)}); }`,
      ),
      one(nested * 2, () => `try {${this.block(place)}} catch (error) { probe(error.name, error.message); }`),
      one(nested * 2, () => this.shadow(place)),
      one(nested, () => `probe(() => {${this.block({ ...place, inside: 'inner', isAsync: false })}});`),
      one(
        nested,
        () =>
          `function inner${this.variables}(x) {${this.block({ ...place, values: [...place.values, 'x'], inside: 'inner', isAsync: false })}} probe(inner${this.variables++}(${this.chance(50) ? event() : this.chain(place)}));`,
      ),
      one(1, () => `if (${this.test(place)}) return ${this.result(place)};`),
      one(1, () => `${this.chain(place)};`),
      one(this.escapes * 2, () => this.escapingStatement(place)),
    ]);
  }

  /** Variables of a name that is known already, and that mean something else. */
  protected shadow(place: Place): string {
    const names = [...place.events, ...place.values];
    const name = names[this.below(names.length)] ?? 'event';
    const without: Place = {
      ...place,
      events: place.events.filter(other => other !== name),
      values: [...place.values.filter(other => other !== name), name],
    };
    const inner: Place = { ...without, inside: 'inner', isAsync: false };
    const use = `probe(Object.keys(Object(${name})), ${name});`;
    return this.pick([
      [2, () => `{ const ${name} = { a: 1, user: { name: 2 } }; ${use}${this.block(without)}}`],
      [2, () => `probe((${name} => {${this.block(inner)}})({ a: 1 }));`],
      [1, () => `try { null.x; } catch (${name}) { probe(${name}.message);${this.block(without)}}`],
      [1, () => `try { null.x; } catch (${name}) { var ${name} = ${this.chain(place)}; probe(${name}); }`],
      [1, () => `for (const ${name} of [{ a: 1 }, 2]) {${use}${this.block(without)}}`],
      [1, () => `for (let ${name} = 1; ${name} < 2; ${name}++) {${this.block(without)}}`],
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

  protected keyword(): string {
    return this.pick([
      [3, () => 'const'],
      [2, () => 'let'],
      [2, () => 'var'],
    ]);
  }

  /** What is returned: the event among other things, but not where it would escape. */
  protected result(place: Place): string {
    if (place.inside === 'inner')
      return this.chance(4) && this.spend() ? this.event(place) : this.value(place);
    return this.pick([
      [3, () => this.value(place)],
      [3, () => this.test(place)],
      [3, () => this.event(place)],
      [1, () => `${this.test(place)} ? ${this.event(place)} : ${this.simple(place)}`],
      [1, () => `${this.test(place)} && ${this.event(place)}`],
      [3, () => this.copy(place)],
      [
        1,
        () => `${this.test(place)} ? ${this.copy(place)} : ${this.chance(50) ? 'null' : this.event(place)}`,
      ],
      [1, () => `${this.test(place)} ${this.chance(50) ? '&&' : '||'} ${this.copy(place)}`],
    ]);
  }

  /** A copy of the event with members set. */
  protected copy(place: Place): string {
    const members = Array.from({ length: this.below(3) }, () => {
      const name = JSON.stringify(this.memberName());
      return this.pick([
        [8, () => `, ${name}: ${this.value(place)}`],
        [1, () => `, [${name}]: ${this.simple(place)}`],
        [1, () => `, get ${name}() { return ${this.simple(place)}; }`],
        [1, () => `, ${name}() {}`],
        [1, () => `, ...${this.chain(place)}`],
        [1, () => `, ${name}: delete ${this.written(place)}`],
        [1, () => `, ${name}: (${this.written(place)} = 1)`],
      ]);
    });
    const before = this.chance(4) ? 'b: 1, ' : '';
    return `({ ${before}...${this.event(place)}${members.join('')} })`;
  }

  protected escapingStatement(place: Place): string {
    if (place.events.length === 0 || !this.spend()) return ';';
    const event = place.events[this.below(place.events.length)]!;
    return this.pick([
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
}
