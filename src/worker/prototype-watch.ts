/**
 * Whether Object.prototype is still as it was. What a handler looks at was read from its source (query/handler-reader.ts),
 * and that holds only while nothing that it imports, or does later, has added to the prototype of all events or frozen it.
 */
export class PrototypeWatch {
  readonly #names = Reflect.ownKeys(Object.prototype);
  readonly #descriptors = this.#names.map(describe);

  /** Whether nothing has changed since this was made. */
  get isUntouched(): boolean {
    const names = Reflect.ownKeys(Object.prototype);
    return (
      names.length === this.#names.length &&
      names.every((name, at) => name === this.#names[at] && isSame(describe(name), this.#descriptors[at]!))
    );
  }
}

function describe(name: string | symbol): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(Object.prototype, name)!;
}

function isSame(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return (
    one.value === other.value &&
    one.get === other.get &&
    one.set === other.set &&
    one.writable === other.writable &&
    one.configurable === other.configurable
  );
}
