import { changeOf, type KeyedState, type KeyEntry } from '../base/keyed-state.ts';
import type { StateChange } from './protocol.ts';

/** The changes of the state that the events of a batch have made, as they go with its result. */

export interface BatchState {
  /** Makes `json` the value of the key: the event of the line has come to its end. */
  readonly keep: (line: number, key: string, json: string | undefined) => void;
  /** All changes, when the batch is done; undefined where there are none. */
  readonly result: () => StateChange | undefined;
}

/** Each change is told with its line: for a run that may end at any event. */
export class EachChange implements BatchState {
  readonly #all: KeyedState;
  readonly #changes: { readonly line: number; readonly text: string }[] = [];

  constructor(all: KeyedState) {
    this.#all = all;
  }

  keep(line: number, key: string, json: string | undefined): void {
    this.#all.set(key, json);
    this.#changes.push({ line, text: changeOf(key, json) });
  }

  result(): StateChange | undefined {
    const changes = this.#changes.sort((a, b) => a.line - b.line);
    if (changes.length === 0) return undefined;
    let end = 0;
    const ends = changes.map(({ text }) => (end += Buffer.byteLength(text)));
    const each = { lines: changes.map(({ line }) => line), ends };
    return stateChange(changes.length, changes.map(({ text }) => text).join(''), each);
  }
}

/**
 * Of each key the last change counts, so only that is told, in any order: events of one key are all in one lane. Batches are
 * done one after the other.
 */
export class LastChanges implements BatchState {
  readonly #all: KeyedState;
  readonly #changed: KeyEntry[] = [];

  constructor(all: KeyedState) {
    this.#all = all;
  }

  keep(_line: number, key: string, json: string | undefined): void {
    const entry = this.#all.make(key);
    entry.json = json;
    if (entry.noted === this) return;
    entry.noted = this;
    this.#changed.push(entry);
  }

  result(): StateChange | undefined {
    if (this.#changed.length === 0) return undefined;
    let text = '';
    for (const entry of this.#changed) {
      const { key, json } = entry;
      text += changeOf(key, json);
      entry.noted = undefined;
      if (json === undefined) this.#all.forget(key);
    }
    return stateChange(this.#changed.length, text);
  }
}

/** The same where several batches are under way: what one tells must not be what a later one has made of it. */
export class OwnChanges implements BatchState {
  readonly #all: KeyedState;
  readonly #last = new Map<string, string | undefined>();

  constructor(all: KeyedState) {
    this.#all = all;
  }

  keep(_line: number, key: string, json: string | undefined): void {
    this.#all.set(key, json);
    this.#last.set(key, json);
  }

  result(): StateChange | undefined {
    if (this.#last.size === 0) return undefined;
    let text = '';
    for (const [key, json] of this.#last) text += changeOf(key, json);
    return stateChange(this.#last.size, text);
  }
}

function stateChange(count: number, text: string, each?: StateChange['each']): StateChange {
  return { count, bytes: new Uint8Array(Buffer.from(text)), each };
}
