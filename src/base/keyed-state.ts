/**
 * A value for each key, as it follows from the changes to it: lines of JSON, of which the last one for a key counts.
 *
 *     {"key":"a","value":3}      the value of a key
 *     {"key":"a"}                it has none any more
 *
 * Values are kept as texts: an object that is given out is another one each time, and cannot be changed behind our back.
 */

const NEWLINE = 0x0a;

export class KeyedState {
  readonly #values = new Map<string, string>();
  /** Changes that were not looked at yet, in order. */
  #unread: Uint8Array[] = [];
  readonly #isOurs: (key: string) => boolean;

  /** Other keys than those that `isOurs` are forgotten as they are read. */
  constructor(isOurs: (key: string) => boolean = () => true) {
    this.#isOurs = isOurs;
  }

  /** Adds changes: whole lines. They are read when a value is asked for. */
  add(changes: Uint8Array): void {
    this.#unread.push(changes);
  }

  /** The JSON of a key's value, undefined where it has none. */
  get(key: string): string | undefined {
    if (this.#unread.length > 0) this.#read();
    return this.#values.get(key);
  }

  set(key: string, json: string | undefined): void {
    if (this.#unread.length > 0) this.#read();
    if (json === undefined) this.#values.delete(key);
    else this.#values.set(key, json);
  }

  /** All keys and values, in the order in which the keys got their first one. */
  entries(): IterableIterator<[string, string]> {
    if (this.#unread.length > 0) this.#read();
    return this.#values.entries();
  }

  /** The changes that lead to this state from none. */
  toBytes(): Buffer {
    return Buffer.from([...this.entries()].map(([key, json]) => `${changeOf(key, json)}\n`).join(''));
  }

  #read(): void {
    const changes = this.#unread;
    this.#unread = [];
    for (const bytes of changes) {
      for (let at = 0; at < bytes.length; ) {
        const end = bytes.indexOf(NEWLINE, at);
        // A copy: not every function takes shared memory.
        const text = Buffer.from(bytes.subarray(at, end)).toString('utf8');
        const { key, value } = JSON.parse(text) as { key: string; value?: unknown };
        if (this.#isOurs(key)) this.set(key, value === undefined ? undefined : JSON.stringify(value));
        at = end + 1;
      }
    }
  }
}

/** The line, without its newline, that says that a key has this value from now on, or none. */
export function changeOf(key: string, json: string | undefined): string {
  return json === undefined
    ? `{"key":${JSON.stringify(key)}}`
    : `{"key":${JSON.stringify(key)},"value":${json}}`;
}
