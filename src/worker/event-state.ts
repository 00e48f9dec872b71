import type { KeyedState } from '../base/keyed-state.ts';
import type { State } from '../index.ts';
import type { BatchState } from './batch-state.ts';
import { toJson } from './to-json.ts';

const QUOTE = 0x22;
const DIGIT_9 = 0x39;

function refuse(): never {
  throw new Error('the event has no key, and so no state: name one with --key, or beside the handler');
}

/** The state of an event without a key: it may be at hand, as in `(event, { id, state }) => …`, and is not to be used. */
export const NO_STATE: State = { get: refuse, set: refuse, delete: refuse, update: refuse };

/**
 * The state of an event's key, as the handler sees it (`context.state`). What it sets counts when it has come to its end
 * without an error: then it is the state for the next event of the key, and goes into the commit with the outputs.
 */
export class EventState implements State {
  readonly #key: string;
  #json: string | undefined;
  #isChanged = false;
  #isOver = false;

  constructor(all: KeyedState, key: string) {
    this.#key = key;
    this.#json = all.get(key);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- that of the interface
  get<Value>(): Value | undefined {
    const json = this.#json;
    if (json === undefined) return undefined;
    // Counters are frequent, and this takes a third of the time.
    return (isNumber(json) ? Number(json) : JSON.parse(json)) as Value;
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

  /** Ends it, and makes the change that of the key: the event of the line has come to its end. */
  end(line: number, batch: BatchState): void {
    this.#isOver = true;
    if (this.#isChanged) batch.keep(line, this.#key, this.#json);
  }

  #change(json: string | undefined): void {
    if (this.#isOver) throw new Error('context.state was changed after the handler had returned');
    this.#isChanged = true;
    this.#json = json;
  }
}

/** Whether a JSON text is a number: only strings begin with a lesser character. */
function isNumber(json: string): boolean {
  const first = json.charCodeAt(0);
  return first <= DIGIT_9 && first !== QUOTE;
}
