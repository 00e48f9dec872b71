/**
 * How many calls of the handler there may be at the same time in all threads together (`maxInFlight`): a cell of shared memory
 * for each, which holds the number of the lane that has it, or 0. So a thread that dies can be told from what it has left.
 */

/** The first cell grows with every permit that is given back, for those who wait. */
const TURN = 0;

/** Waits until the cell no longer has the value, without blocking the thread. */
type WaitAsync = (
  cells: Int32Array,
  cell: number,
  value: number,
) => { readonly value: Promise<string> | string };

const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync };

export function permitsMemory(most: number): SharedArrayBuffer {
  return new SharedArrayBuffer((most + 1) * 4);
}

/** Gives back what the thread of this lane held when it died. */
export function takeBackPermits(memory: SharedArrayBuffer, lane: number): void {
  const cells = new Int32Array(memory);
  for (let cell = 1; cell < cells.length; cell++) {
    if (Atomics.compareExchange(cells, cell, lane, 0) === lane) wakeOne(cells);
  }
}

export class Permits {
  readonly #cells: Int32Array;
  readonly #lane: number;

  /** `count` is how many there are in all; `lane` is not 0. */
  constructor(memory: SharedArrayBuffer, count: number, lane: number) {
    this.#cells = new Int32Array(memory, 0, count + 1);
    this.#lane = lane;
  }

  /** Takes a permit: its number, or undefined where none is left. */
  take(): number | undefined {
    for (let cell = 1; cell < this.#cells.length; cell++) {
      if (Atomics.compareExchange(this.#cells, cell, 0, this.#lane) === 0) return cell;
    }
    return undefined;
  }

  give(permit: number): void {
    Atomics.store(this.#cells, permit, 0);
    wakeOne(this.#cells);
  }

  /** Resolves when one may have been given back since `take` gave none. */
  async someGiven(): Promise<void> {
    const turn = Atomics.load(this.#cells, TURN);
    // Since it was looked last, before the turn was.
    if (this.#cells.subarray(1).includes(0)) return;
    await waitAsync(this.#cells, TURN, turn).value;
  }
}

function wakeOne(cells: Int32Array): void {
  Atomics.add(cells, TURN, 1);
  Atomics.notify(cells, TURN, 1);
}
