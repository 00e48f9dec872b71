import type { Socket } from 'node:net';

/**
 * What a sender is told. Of how much is committed only the newest is kept for one that does not read what it is told, so that
 * it costs nothing.
 */
export class Answers {
  readonly #socket: Socket;
  #committed = 0;
  #told = 0;
  #isWriting = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Answers a sender that has named itself: the line that comes now must be number `next`. */
  greet(producer: string, committed: number, next: number): void {
    this.#committed = committed;
    this.#told = committed;
    this.#write({ producer, committed, next });
  }

  /** Says up to which line all is committed, as soon as what was said before is on its way. */
  tell(committed: number): void {
    this.#committed = committed;
    if (this.#isWriting || this.#told === committed || this.#socket.destroyed) return;
    this.#told = committed;
    this.#isWriting = true;
    this.#socket.write(`{"committed":${committed}}\n`, () => {
      this.#isWriting = false;
      this.tell(this.#committed);
    });
  }

  /** Says why the connection ends, and whether to come again may help. */
  refuse(error: string, retry: boolean): void {
    this.#write({ error, retry });
  }

  /** Says what is left to say, whether it is read or not: nothing comes after it. */
  end(): void {
    if (this.#told !== this.#committed) this.#write({ committed: this.#committed });
    this.#told = this.#committed;
    this.#socket.end();
  }

  #write(answer: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(answer)}\n`);
  }
}
