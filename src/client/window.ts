/**
 * Lines that were read and are not known to be committed, in order: what has to be sent again on another connection. Lines
 * are numbered from 1 on.
 */

const NEWLINE = 0x0a;

export class Window {
  bytes = 0;
  /** The number of the last line that was added. */
  last = 0;
  /** The number of the last line that is committed. */
  committed = 0;
  /** The number of the line with which the connection has begun. */
  #next = 1;
  /** The number of the last line that is not kept any more. */
  #forgotten = 0;
  #pieces: Buffer[] = [];

  /** Begins a connection on which all lines before number `next` are left out, because they are committed. Gives the others. */
  begin(next: number): readonly Buffer[] {
    this.#next = next;
    this.commit(next - 1);
    return this.#pieces;
  }

  /**
   * Adds whole lines. Gives what is to be sent of them, on the connection that was begun last: some of it may be committed by
   * now, because an earlier connection has brought it, but it is counted.
   */
  add(lines: Buffer): Buffer {
    let from = 0;
    for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) {
      if (++this.last < this.#next) {
        from = at + 1;
        this.#forgotten = this.last;
      }
    }
    const rest = lines.subarray(from);
    if (rest.length > 0) this.#pieces.push(rest);
    this.bytes += rest.length;
    this.#forget();
    return rest;
  }

  /** Forgets the lines up to number `committed`. */
  commit(committed: number): void {
    this.committed = Math.max(this.committed, committed);
    this.#forget();
  }

  #forget(): void {
    const to = Math.min(this.committed, this.last);
    while (this.#forgotten < to) {
      const piece = this.#pieces[0]!;
      let at = 0;
      for (; this.#forgotten < to && at < piece.length; this.#forgotten++) {
        at = piece.indexOf(NEWLINE, at) + 1;
      }
      this.bytes -= at;
      if (at === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(at);
    }
  }
}
