import { types } from 'node:util';
import * as fc from 'fast-check';
import { someName } from '../kernel/documents.ts';

/**
 * Random programs that change a value as a handler might: whatever can be done to an object, and whatever can be put
 * into it.
 */

class Point {
  x = 1;
  y = [2];
}

class Temperature {
  readonly #degrees = 20;
  toJSON(key: string): string {
    return `${key} ${this.#degrees}`;
  }
}

/** Makes a value that is not what JSON gives; `holder` is where it goes. */
const MAKERS: readonly ((holder: object) => unknown)[] = [
  () => 0,
  () => -0,
  () => 1,
  () => 1e21,
  () => 2 ** 63,
  () => Number.NaN,
  () => Number.NEGATIVE_INFINITY,
  () => '',
  () => 'é"\\\n\u2028\ud800',
  () => true,
  () => null,
  () => undefined,
  () => Symbol('s'),
  () => () => 1,
  () => Object.assign(() => 1, { toJSON: (key: string) => `function ${key}` }),
  () => ({}),
  () => [],
  () => ({ a: 1, 'a"': { b: undefined, c: [undefined] } }),
  () => Object.assign([], { 2: 'x' }),
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Point(),
  () => new Temperature(),
  () => new Map([[1, 2]]),
  () => new Number(5),
  () => new String('five'),
  () => new Boolean(false),
  () => Object.setPrototypeOf(new Number(6), Object.prototype) as unknown,
  () => Object.assign(Object.create(null) as object, { a: 1 }),
  () => Object.setPrototypeOf([1], Object.prototype) as unknown,
  () => Object.setPrototypeOf({ a: 1 }, null) as unknown,
  () => Object.freeze({ a: Object.freeze([1]) }),
  () => ({ toJSON: (key: string) => ({ key, again: new Temperature() }) }),
  () => ({ toJSON: () => undefined, a: 1 }),
  () => ({ toJSON: 1 }),
  holder => new Proxy(holder, {}),
  holder => new Proxy({ ...holder }, { ownKeys: target => Reflect.ownKeys(target).reverse() }),
  () => new Proxy([1, 2], { get: (target, name) => (name === 'length' ? 1 : Reflect.get(target, name)) }),
];
/** What JSON.stringify throws at. */
const BAD_MAKERS: readonly ((holder: object) => unknown)[] = [
  () => 1n,
  () => Object(1n) as unknown,
  holder => holder,
  holder => ({ inner: [holder] }),
  () => ({
    toJSON() {
      throw new SyntaxError('no');
    },
  }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
];

type Container = Record<string, unknown> | unknown[];
type Make = (holder: object) => unknown;

/** One change to a container inside a value; the numbers choose where. */
export interface Step {
  readonly path: readonly number[];
  readonly kind: number;
  readonly choice: number;
  readonly name: string;
  readonly make: Make;
}

const someMake: fc.Arbitrary<Make> = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...MAKERS) },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_MAKERS) },
);

export const someProgram: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    path: fc.array(fc.nat(7), { maxLength: 4 }),
    kind: fc.nat(99),
    choice: fc.nat(7),
    name: fc.oneof(someName, fc.constantFrom('toJSON', 'a":1,"b', '\\u0061', '4294967295', 'new')),
    make: someMake,
  }),
  { maxLength: 6 },
);

/** Changes `value`, if it is a container; what was chosen may not be there, and then nothing happens. */
export function runProgram(value: unknown, program: readonly Step[]): void {
  for (const step of program) {
    const target = containerAt(value, step.path);
    if (target === undefined) continue;
    try {
      if (Array.isArray(target)) changeArray(target, step, value);
      else changeObject(target, step, value);
    } catch (error) {
      // What an earlier step has defined without a setter cannot be moved.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

function containerAt(value: unknown, path: readonly number[]): Container | undefined {
  let at = isOpen(value) ? value : undefined;
  for (const choice of path) {
    const inner: Container[] = at === undefined ? [] : Object.values(at).filter(isOpen);
    if (inner.length === 0) return at;
    at = inner[choice % inner.length];
  }
  return at;
}

/** Whether a step may be done inside. */
function isOpen(value: unknown): value is Container {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Array.isArray(value) ? Array.prototype : Object.prototype;
  return Object.getPrototypeOf(value) === prototype && Object.isExtensible(value);
}

function define(target: object, name: string, property: PropertyDescriptor): void {
  Reflect.defineProperty(target, name, { configurable: true, enumerable: true, ...property });
}

function changeObject(target: Record<string, unknown>, step: Step, root: unknown): void {
  const keys = Object.keys(target);
  const key = keys.length === 0 ? step.name : keys[step.choice % keys.length]!;
  const value = step.make(target);
  const before = target[key];
  const changes: (() => unknown)[] = [
    () => define(target, key, { value, writable: true }),
    () => define(target, step.name, { value, writable: true }),
    () => Reflect.deleteProperty(target, key),
    () => {
      Reflect.deleteProperty(target, key);
      define(target, key, { value: before, writable: true });
    },
    () => define(target, key, { value: tryClone(before), writable: true }),
    () =>
      define(target, key, { value: Object.values(target)[step.kind % (keys.length || 1)], writable: true }),
    () => define(target, key, { get: () => before }),
    () => define(target, step.name, { get: () => value }),
    () => define(target, key, { enumerable: false }),
    () => Object.assign(target, { [Symbol('hidden')]: value }),
    () => define(target, key, { value: undefined, writable: true }),
    () =>
      define(target, 'toJSON', { value: () => [before, value], writable: true, enumerable: step.choice > 3 }),
    () => keys.sort().forEach(name => moveBack(target, name)),
    () => keys.forEach(name => Reflect.deleteProperty(target, name)),
    () => define(target, key, { value: root, writable: true }),
  ];
  // The last two are rare: they leave little to look at.
  changes[step.kind % (step.choice === 0 ? changes.length : changes.length - 2)]!();
}

function moveBack(target: object, name: string): void {
  const property = Object.getOwnPropertyDescriptor(target, name)!;
  Reflect.deleteProperty(target, name);
  Reflect.defineProperty(target, name, property);
}

function changeArray(target: unknown[], step: Step, root: unknown): void {
  const at = target.length === 0 ? 0 : step.choice % target.length;
  const value = step.make(target);
  const changes: (() => unknown)[] = [
    () => target.push(value),
    () => target.pop(),
    () => target.shift(),
    () => target.unshift(value),
    () => target.splice(at, 1, value),
    () => target.splice(at, 2, value),
    () => target.reverse(),
    () => target.sort(() => 1),
    () => (target[at] = value),
    () => (target[at] = tryClone(target[at])),
    () => Reflect.deleteProperty(target, at),
    () => (target.length = step.choice),
    () => define(target, String(at), { get: () => value }),
    () => Object.assign(target, { extra: 1 }),
    () => define(target, 'toJSON', { value: (key: string) => key, enumerable: false }),
    () => (target[at] = root),
  ];
  changes[step.kind % (step.choice === 0 ? changes.length : changes.length - 1)]!();
}

function tryClone(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}
