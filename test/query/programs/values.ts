import { Choices } from './choices.ts';

/** Expressions of a random handler: the event, members of it, and all that can be done with their values. */

/** Names of members; few, so that events have them, and some that JavaScript has a use for itself. */
const NAMES = ['a', 'b', 'c', 'user', 'name', 'items'];
const ODD_NAMES = ['toString', 'length', 'then', 'valueOf', '0', 'a-b', 'toJSON', '__proto__'];

/** What can be named at some place of a program. */
export interface Place {
  readonly events: readonly string[];
  readonly values: readonly string[];
  /** Calls of helpers that may be written here: those with a lower number. */
  readonly helpers: number;
  readonly inside: 'handler' | 'helper' | 'inner';
  readonly isAsync: boolean;
}

export class ValueWriter extends Choices {
  protected depth = 0;
  protected helperKinds: readonly string[] = [];
  /** Uses that let the event escape which may still be written: one at the most, so that no other one hides it. */
  protected escapes: number;

  constructor(choices: readonly number[]) {
    super(choices);
    this.escapes = this.chance(40) ? 1 : 0;
  }

  /** An expression that is the event, or what stands in its place. */
  protected event(place: Place): string {
    const { events, values, helpers, isAsync } = place;
    const name = events[this.below(events.length)] ?? values[this.below(values.length)] ?? '({ a: 1 })';
    const again = (): string => (this.chance(70) ? name : this.event(place));
    return this.pick([
      [12, () => name],
      [1, () => `(${this.test(place)} ? ${again()} : ${again()})`],
      [1, () => `(${this.simple(place)}, ${again()})`],
      [1, () => `(${again()} ${this.chance(50) ? '||' : '??'} {})`],
      [1, () => `(${this.test(place)} && ${again()})`],
      [1, () => `({ a: ${this.written(place)} } = ${again()})`],
      [helpers > 0 ? 3 : 0, () => this.call(place, again())],
      [isAsync ? 1 : 0, () => `(await ${this.chain(place)}, ${name})`],
    ]);
  }

  protected call({ helpers }: Place, argument: string): string {
    const at = this.below(helpers);
    const kind = this.helperKinds[at];
    if (['generator', 'arguments', 'rest'].includes(kind!) && !this.spend()) return argument;
    return this.pick([
      [6, () => `h${at}(${argument}, 1)`],
      [1, () => `h${at}?.(${argument}, 1)`],
      [1, () => `h${at}(0, ${argument}, 1)`],
      [1, () => `h${at}(0, 1, ${argument})`],
      [1, () => `h${at}(...[], ${this.spend() ? argument : '2'})`],
      [1, () => `h${at}(${argument}, ...[1, 2])`],
    ]);
  }

  protected memberName(): string {
    return this.chance(92) ? NAMES[this.below(NAMES.length)]! : ODD_NAMES[this.below(ODD_NAMES.length)]!;
  }

  protected step(isOptional = this.chance(30)): string {
    const name = this.memberName();
    const isPlain = /^[a-z]\w*$/i.test(name) && this.chance(90);
    if (isPlain) return `${isOptional ? '?.' : '.'}${name}`;
    return `${isOptional ? '?.' : ''}[${/^\d$/.test(name) && this.chance(50) ? name : JSON.stringify(name)}]`;
  }

  /** A member of the event, or of a part that is in a variable. */
  protected chain(place: Place): string {
    const { values } = place;
    const isPart = values.length > 0 && (place.events.length === 0 || this.chance(40));
    const base = isPart ? values[this.below(values.length)]! : this.event(place);
    return base + Array.from({ length: 1 + this.below(3) }, () => this.step()).join('');
  }

  /** A member that is assigned to or deleted: of the event more often than not. */
  protected written({ events, values }: Place): string {
    const isPart = values.length > 0 && (events.length === 0 || this.chance(25));
    const base = isPart ? values[this.below(values.length)]! : (events[this.below(events.length)] ?? 'probe');
    const steps = this.chance(75) ? [] : [this.step(false)];
    return base + [...steps, this.step(false)].join('');
  }

  protected simple(place: Place): string {
    return this.pick([
      [2, () => String(this.below(4))],
      [1, () => '"a"'],
      [1, () => 'null'],
      [1, () => 'undefined'],
      [place.values.length > 0 ? 2 : 0, () => place.values[this.below(place.values.length)]!],
      [place.events.length > 0 ? 2 : 0, () => place.events[0] + this.step()],
    ]);
  }

  /** What only shows whether something is there, or of which kind it is. */
  protected test(place: Place): string {
    const chain = (): string => this.chain(place);
    return this.pick([
      [3, () => `!${chain()}`],
      [2, () => `${chain()} ${this.chance(50) ? '==' : '!='} ${this.chance(50) ? 'null' : 'undefined'}`],
      [2, () => `void 0 === ${chain()}`],
      [2, () => `typeof ${chain()} === "${this.chance(50) ? 'string' : 'object'}"`],
      [2, () => `${JSON.stringify(this.memberName())} in ${this.chance(70) ? this.event(place) : chain()}`],
      [1, () => `!(${chain()} && ${chain()})`],
      [1, () => `!!(${chain()} || ${chain()})`],
      [2, () => `${chain()} === ${this.chance(50) ? this.simple(place) : chain()}`],
      [1, () => `${chain()} == ${this.simple(place)}`],
      [1, () => `${chain()} > ${this.simple(place)}`],
      [1, () => `!${this.event(place)}`],
      [1, () => `${this.event(place)} !== ${chain()}`],
      [1, () => `typeof ${this.event(place)} !== "object"`],
    ]);
  }

  protected value(place: Place): string {
    const chain = (): string => this.chain(place);
    const deeper = this.depth < 4 ? 1 : 0;
    return this.pick([
      [4, chain],
      [2, () => this.simple(place)],
      [2, () => this.test(place)],
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
      [1, () => `new ${this.event({ ...place, helpers: 0, isAsync: false })}.a()`],
      [1, () => `(${chain()} ?? {}).name`],
      [1, () => `(${chain()} || { name: 1 }).name`],
      [1, () => `({ x: ${chain()} })`],
      [1, () => `[...${chain()}]`],
      [1, () => `({ ...${chain()} })`],
      [1, () => `Object.keys(${chain()})`],
      [1, () => `JSON.stringify(${chain()})`],
      [1, () => `probe(${chain()})`],
      [1, () => `({ b: 1 })[${chain()}]`],
      [1, () => `${chain()}[${this.simple(place)}]`],
      [1, () => `${chain()} in { a: 1 }`],
      [1, () => `-${chain()}`],
      [1, () => `(${this.written(place)} = ${this.simple(place)})`],
      [place.helpers > 0 ? 2 : 0, () => this.call(place, chain())],
      [place.helpers > 0 ? 2 : 0, () => this.call(place, this.event(place)) + this.step()],
      [deeper, () => `() => ${this.value({ ...place, inside: 'inner', isAsync: false })}`],
      [
        deeper,
        () =>
          `${chain()}.map(x => ${this.simple({ ...place, values: [...place.values, 'x'], inside: 'inner', isAsync: false })})`,
      ],
      [place.isAsync ? 2 : 0, () => `(await ${chain()})`],
      [
        place.isAsync && place.helpers > 0 ? 2 : 0,
        () => `Object.keys(Object(await ${this.call(place, this.event(place))}))`,
      ],
      [place.helpers > 0 ? 1 : 0, () => `probe(${this.call(place, this.event(place))}?.next?.())`],
      [this.escapes * 2, () => this.escapingValue(place)],
    ]);
  }

  protected spend(): boolean {
    if (this.escapes === 0) return false;
    this.escapes = 0;
    return true;
  }

  protected escapingValue(place: Place): string {
    if (place.events.length === 0 || !this.spend()) return '0';
    const event = place.events[this.below(place.events.length)]!;
    return this.pick([
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
}
