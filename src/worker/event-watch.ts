/**
 * Told of the steps in which a thread treats an event, by whoever measures a handler. In a run there is none.
 *
 * Each call comes as near to the step as can be. `line` is the number in the table of the slot.
 */
export interface EventWatch {
  /** Around a walk of the kernel over so many lines. */
  readonly scanning: () => void;
  readonly scanned: (lines: number) => void;
  /** Around the making of an event. Events are made some ahead of their turn. */
  readonly decoding: (line: number) => void;
  readonly decoded: (line: number) => void;
  /**
   * Around the handler's call; of one that gives a promise, until that is settled. `handled` comes a second time where what it gave
   * cannot be taken.
   */
  readonly handling: (line: number) => void;
  readonly handled: (line: number) => void;
  /** When what became of the line is written. */
  readonly encoded: (line: number) => void;
}
