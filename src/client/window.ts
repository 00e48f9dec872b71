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
  #pieces: Buffer[] = [];

  /** Adds whole lines; those that are committed already are left out. Gives what is to be sent of them. */
  add(lines: Buffer): Buffer {
    let from = 0;
    for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) {
      if (++this.last <= this.committed) from = at + 1;
    }
    const rest = lines.subarray(from);
    if (rest.length > 0) this.#pieces.push(rest);
    this.bytes += rest.length;
    return rest;
  }

  /** Forgets the lines up to number `committed`. */
  commit(committed: number): void {
    let left = Math.min(committed, this.last) - Math.min(this.committed, this.last);
    this.committed = Math.max(this.committed, committed);
    while (left > 0) {
      const piece = this.#pieces[0]!;
      let at = 0;
      for (; left > 0 && at < piece.length; left--) at = piece.indexOf(NEWLINE, at) + 1;
      this.bytes -= at;
      if (at === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(at);
    }
  }

  /** All that is not committed. */
  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }
}
