import { changeOf, type KeyedState } from '../base/keyed-state.ts';
import type { State } from '../index.ts';
import { toJson } from './to-json.ts';

/**
 * The state of an event's key, as the handler sees it (`context.state`). What it sets counts when it has come to its end
 * without an error: then it is the state for the next event of the key, and goes into the commit with the outputs.
 */
export class EventState implements State {
  readonly #all: KeyedState;
  readonly #key: string;
  #json: string | undefined;
  #isChanged = false;
  #isOver = false;

  constructor(all: KeyedState, key: string) {
    this.#all = all;
    this.#key = key;
    this.#json = all.get(key);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- that of the interface
  get<Value>(): Value | undefined {
    return this.#json === undefined ? undefined : (JSON.parse(this.#json) as Value);
  }

  set(value: unknown): void {
    this.#change(toJson(value));
  }

  delete(): void {
    this.#change(undefined);
  }

  update<Value>(change: (value: Value | undefined) => Value | undefined): Value | undefined {
    const value = change(this.get<Value>());
    this.#change(value === undefined ? undefined : toJson(value));
    return value;
  }

  /** Ends it; gives the change as a line for the log, undefined where there is none. */
  end(): string | undefined {
    this.#isOver = true;
    return this.#isChanged ? changeOf(this.#key, this.#json) : undefined;
  }

  /** Makes the change that of the key. */
  keep(): void {
    if (this.#isChanged) this.#all.set(this.#key, this.#json);
  }

  #change(json: string | undefined): void {
    if (this.#isOver) throw new Error('context.state was changed after the handler had returned');
    this.#isChanged = true;
    this.#json = json;
  }
}
