import type { EventReading, Part } from '../../src/query/handler-reader.ts';

/**
 * Runs a handler on the event that JSON.parse gives and on the partial one that a reading allows for, and writes down all
 * that either run shows. The handler calls `probe` with what it has got hold of.
 */

// A handler can get at these as inherited members. What it wrote there would be seen by the next run.
for (const type of [Object, Array, String, Number, Boolean, Function]) {
  Object.freeze(type.prototype.toString);
  Object.freeze(type.prototype.valueOf);
}

type Handler = (event: unknown, context: unknown) => unknown;
type Members = Record<string, unknown>;

/** Makes the handler that `body` declares as `handler_default`; undefined where JavaScript does not take it. */
export function compileBody(body: string): ((probe: Probe) => Handler) | undefined {
  try {
    // The program is made up by the test.
    // oxlint-disable-next-line typescript/no-implied-eval
    return new Function('probe', `"use strict";\n${body}\nreturn handler_default;`) as (
      probe: Probe,
    ) => Handler;
  } catch {
    return undefined;
  }
}

type Probe = (...values: readonly unknown[]) => unknown;

/** All that can be seen of a run, as text: what was shown, what came out, and what has become of the event. */
export interface Observation {
  readonly shown: readonly string[];
  readonly event: string;
}

/** Runs the handler on the whole event. */
export async function runWhole(make: (probe: Probe) => Handler, line: string): Promise<Observation> {
  const world = new World();
  const event: unknown = JSON.parse(line);
  await world.run(make, event);
  return { shown: world.shown, event: new Shower().show(event) };
}

/** Runs the handler on the partial event, and puts what has become of it together with the rest of the line. */
export async function runPartial(
  make: (probe: Probe) => Handler,
  line: string,
  reading: EventReading,
): Promise<Observation & { readonly returnedEvent: boolean }> {
  const world = new World();
  const whole: unknown = JSON.parse(line);
  const originals = new Map<unknown, unknown>();
  const event = partial(whole, reading.parts, originals);
  const isPart = event !== whole;
  const copied = (copy: unknown): unknown =>
    isPart && reading.returnsCopy && isPlainObject(copy)
      ? put(JSON.parse(line) as Members, copy, reading, originals)
      : copy;
  await world.run(make, event, copied);
  const after =
    event === whole ? whole : put(JSON.parse(line) as Members, event as Members, reading, originals);
  return { shown: world.shown, event: new Shower().show(after), returnedEvent: world.returnedEvent };
}

function isPlainObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` with nothing but `parts`, in an order of its own; what it was made of is noted in `originals`. */
function partial(value: unknown, parts: readonly Part[], originals: Map<unknown, unknown>): unknown {
  if (!isPlainObject(value)) return value;
  const made: Members = {};
  for (const { name, whole, parts: inner } of parts.toReversed()) {
    if (Object.hasOwn(value, name)) made[name] = whole ? value[name] : partial(value[name], inner, originals);
  }
  originals.set(made, value);
  return made;
}

/** The event as it must have become if all that happened to it was what can be seen in the partial one. */
function put(
  line: Members,
  after: Members,
  { deletes }: EventReading,
  originals: Map<unknown, unknown>,
): Members {
  const event: Members = {};
  const define = (name: string, value: unknown): void => {
    const member = originals.has(value) ? originals.get(value) : value;
    Object.defineProperty(event, name, {
      value: member,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };
  for (const [name, value] of Object.entries(line)) {
    if (Object.hasOwn(after, name)) define(name, after[name]);
    else if (!deletes.includes(name)) define(name, value);
  }
  for (const [name, value] of Object.entries(after)) if (!Object.hasOwn(line, name)) define(name, value);
  return event;
}

/** What surrounds one run. */
class World {
  readonly shown: string[] = [];
  returnedEvent = false;
  readonly #shower = new Shower();
  readonly #kept: unknown[] = [];
  #calls = 0;

  /** `copied` makes of what is returned, and is not the event, what it stands for. */
  async run(
    make: (probe: Probe) => Handler,
    event: unknown,
    copied: (result: unknown) => unknown = result => result,
  ): Promise<void> {
    await this.#note('result', async () => {
      const result = await make((...values) => this.#probe(values))(event, { key: 'a' });
      this.returnedEvent = result === event && isPlainObject(event);
      return this.returnedEvent ? 'the event itself' : copied(await result);
    });
    // What the handler has left behind may still be run and looked at.
    for (const kept of this.#kept.slice(0, 20)) {
      if (typeof kept === 'function') await this.#note('kept', () => (kept as () => unknown)());
      else this.shown.push(this.#shower.show(kept));
    }
  }

  async #note(what: string, run: () => unknown): Promise<void> {
    try {
      this.shown.push(`${what}: ${this.#shower.show(await run())}`);
    } catch (error) {
      const values = error instanceof Error ? [error.name, error.message] : [error];
      this.shown.push(`${what} threw ${values.map(value => this.#shower.show(value)).join(' ')}`);
    }
  }

  #probe(values: readonly unknown[]): unknown {
    this.shown.push(values.map(value => this.#shower.show(value)).join(' '));
    this.#kept.push(...values);
    const call = this.#calls++;
    const [first] = values;
    if (call > 200) throw new Error('too many calls');
    if (isPlainObject(first) && call % 3 === 0) first['meddled'] = call;
    if (isPlainObject(first) && call % 3 === 1) delete first[Object.keys(first)[0] ?? ''];
    return call % 2 === 0 ? first : call % 5 === 0;
  }
}

/** What V8 says of one and the same error: which of the two depends on how often the function has run. */
const NOT_ITERABLE =
  /^.* \(cannot read property Symbol\(Symbol\.iterator\)\)$|^Cannot destructure property 'Symbol\(Symbol\.iterator\)' of .*$/;

/** Shows values as text: members in their order, and which objects are the same. */
class Shower {
  readonly #numbers = new Map<unknown, number>();

  show(value: unknown, depth = 0): string {
    if (typeof value === 'string') return JSON.stringify(value.replace(NOT_ITERABLE, 'it is not iterable'));
    if (typeof value === 'function') return 'a function';
    if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
    const isNew = !this.#numbers.has(value);
    if (isNew) this.#numbers.set(value, this.#numbers.size);
    // The stack of an error tells the two runs apart.
    const names = Reflect.ownKeys(value).filter(name => name !== 'stack');
    const members = depth > 8 ? [] : names.map(name => this.#member(value, name, depth));
    return `${Array.isArray(value) ? 'array' : 'object'} ${this.#numbers.get(value)} { ${members.join(', ')} }`;
  }

  #member(value: object, name: string | symbol, depth: number): string {
    const { value: member } = Object.getOwnPropertyDescriptor(value, name)!;
    return `${String(name)}: ${this.show(member, depth + 1)}`;
  }
}
