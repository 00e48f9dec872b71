import { Progress, SUSPECTS_MAX } from './protocol.ts';

/**
 * Says in the progress memory which events a thread is at that handles several at the same time: the main thread looks there
 * when the thread has died, and sees there that it hangs.
 *
 * While it waits for all of them, it counts on now and then: so one that does not give the thread back is seen from without.
 */

/** How often it counts on, as a share of the time that an event may take. */
const BEAT_SHARE = 1 / 8;

/** An event that the handler is called with. */
interface Called {
  readonly batch: { readonly task: { readonly number: number; readonly oneAtATime?: true } };
  readonly line: number;
}

/** A batch whose events are decoded. */
interface Decoded {
  readonly task: { readonly number: number };
  readonly lines: { next: () => boolean };
}

export class Presence {
  readonly #progress: Int32Array;
  readonly #timeoutMs: number;
  readonly #free: number[] = [];
  #taken = 0;
  #unlisted = 0;
  #calls = 0;
  #isAlone = false;
  #isBeating = false;

  constructor(progress: Int32Array, timeoutMs: number) {
    this.#progress = progress;
    this.#timeoutMs = timeoutMs;
  }

  /** The handler is about to be called with these events; gives what `leave` wants to have. */
  enter(events: readonly Called[]): readonly number[] {
    const progress = this.#progress;
    const { batch, line } = events[0]!;
    progress[Progress.task] = batch.task.number;
    progress[Progress.line] = line;
    progress[Progress.count]!++;
    progress[Progress.busy] = events.length === 1 ? 1 : Progress.atSeveral;
    this.#calls++;
    this.#isAlone = batch.task.oneAtATime === true;
    if (this.#timeoutMs > 0 && !this.#isBeating) this.#startBeat();
    return events.map(event => this.#list(event));
  }

  /**
   * Moves to the next line of a batch; false after the last. Lines that are decoded for that say themselves which they are, but
   * not whose; after that the thread is where it was before.
   */
  nextLine({ task, lines }: Decoded): boolean {
    this.#progress[Progress.task] = task.number;
    const isMore = lines.next();
    this.#progress[Progress.busy] = this.#calls > 0 ? Progress.atSeveral : 0;
    return isMore;
  }

  /** It has given the thread back, and is waited for. */
  wait(): void {
    // Others are handled meanwhile, and it could not be said at which one the thread died.
    this.#progress[Progress.busy] = this.#isAlone ? 1 : Progress.atSeveral;
  }

  leave(cells: readonly number[]): void {
    for (const cell of cells) {
      if (cell < 0) this.#unlisted--;
      else this.#free.push(cell);
      if (cell >= 0) this.#progress[cell] = 0;
    }
    this.#progress[Progress.unlisted] = this.#unlisted;
    this.#calls--;
    this.#progress[Progress.busy] = this.#calls > 0 ? Progress.atSeveral : 0;
  }

  /** Puts an event on the list; the cell, or -1 where the list is full. */
  #list({ batch, line }: Called): number {
    const cell = this.#free.pop() ?? this.#nextCell();
    if (cell === undefined) {
      this.#progress[Progress.unlisted] = ++this.#unlisted;
      return -1;
    }
    this.#progress[cell + 1] = line;
    this.#progress[cell] = batch.task.number;
    return cell;
  }

  #nextCell(): number | undefined {
    return this.#taken < SUSPECTS_MAX ? Progress.fields + 2 * this.#taken++ : undefined;
  }

  #startBeat(): void {
    this.#isBeating = true;
    const beat = (): void => {
      if (!this.#isAlone) this.#progress[Progress.count]!++;
    };
    setInterval(beat, Math.max(1, this.#timeoutMs * BEAT_SHARE)).unref();
  }
}

/** The lines of one task that the thread was at; undefined where not all of them are listed. */
export function linesAtHand(progress: Int32Array, task: number): number[] | undefined {
  if (progress[Progress.unlisted]! > 0) return undefined;
  const lines: number[] = [];
  for (let cell: number = Progress.fields; cell < progress.length; cell += 2) {
    if (progress[cell] === task) lines.push(progress[cell + 1]!);
  }
  return lines.sort((a, b) => a - b);
}
