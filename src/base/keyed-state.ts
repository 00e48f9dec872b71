/**
 * A value for each key, as it follows from the changes to it: lines of JSON, of which the last one for a key counts.
 *
 *     {"key":"a","value":3}      the value of a key
 *     {"key":"a"}                it has none any more
 *
 * Values are kept as texts: an object that is given out is another one each time, and cannot be changed behind our back.
 */

const NEWLINE = 0x0a;

/** A key and its value, which is found once and then looked at and changed without being searched for again. */
export interface KeyEntry {
  readonly key: string;
  /** The JSON of the value, undefined where there is none. */
  json: string | undefined;
  /** Who has noted that the value was changed; for the use of whoever changes it. */
  noted: unknown;
}

export class KeyedState {
  readonly #entries = new Map<string, KeyEntry>();
  /** Changes that were not looked at yet, in order. */
  #unread: Uint8Array[] = [];

  /** Adds changes: whole lines. They are read when a value is asked for. */
  add(changes: Uint8Array): void {
    this.#unread.push(changes);
  }

  /** The JSON of a key's value, undefined where it has none. */
  get(key: string): string | undefined {
    return this.find(key)?.json;
  }

  set(key: string, json: string | undefined): void {
    if (json === undefined) this.forget(key);
    else this.make(key).json = json;
  }

  /** What is known of the key, undefined where that is nothing. */
  find(key: string): KeyEntry | undefined {
    if (this.#unread.length > 0) this.#read();
    return this.#entries.get(key);
  }

  /** The same, made where there is none: whoever leaves it without a value is to forget the key. */
  make(key: string): KeyEntry {
    const known = this.find(key);
    if (known !== undefined) return known;
    const entry = { key, json: undefined, noted: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  forget(key: string): void {
    if (this.#unread.length > 0) this.#read();
    this.#entries.delete(key);
  }

  get isEmpty(): boolean {
    if (this.#unread.length > 0) this.#read();
    return this.#entries.size === 0;
  }

  /** All keys that have a value, with it. */
  *entries(): IterableIterator<[string, string]> {
    if (this.#unread.length > 0) this.#read();
    for (const { key, json } of this.#entries.values()) if (json !== undefined) yield [key, json];
  }

  /** Takes the keys out that `isLost` names; gives them as a state of their own. */
  split(isLost: (key: string) => boolean): KeyedState {
    const lost = new KeyedState();
    for (const [key, json] of this.entries()) {
      if (!isLost(key)) continue;
      lost.set(key, json);
      this.#entries.delete(key);
    }
    return lost;
  }

  /** The changes that lead to this state from none. */
  toBytes(): Buffer {
    let text = '';
    for (const [key, json] of this.entries()) text += changeOf(key, json);
    return Buffer.from(text);
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
        this.set(key, value === undefined ? undefined : JSON.stringify(value));
        at = end + 1;
      }
    }
  }
}

/** The line, with its newline, that says that a key has this value from now on, or none. */
export function changeOf(key: string, json: string | undefined): string {
  const quoted = JSON.stringify(key);
  return json === undefined ? `{"key":${quoted}}\n` : `{"key":${quoted},"value":${json}}\n`;
}
