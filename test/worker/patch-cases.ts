import { patchText } from '../../src/worker/patch-text.ts';

/** What the tests of patchText share. */

// oxlint-disable-next-line typescript/no-explicit-any -- what a handler may do to an event is not limited by types
export type Anything = any;
export type Change = (event: Anything) => unknown;
export type Case = readonly [name: string, text: string, change: Change, patched: string];

/** The value of the text after `change`. */
export function changed(text: string, change: Change): unknown {
  const event: unknown = JSON.parse(text);
  change(event);
  return event;
}

export function patch(text: string, change: Change): string | undefined {
  return patchText(text, changed(text, change));
}

/** The result, or the class of the error that was thrown. */
export function outcome<Result>(action: () => Result): { result: Result } | { thrown: string } {
  try {
    return { result: action() };
  } catch (error) {
    return { thrown: (error as Error).constructor.name };
  }
}
