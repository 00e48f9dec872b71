import { PRODUCERS_MAX, SENDER_TURN_BYTES } from '../base/limits.ts';
import type { Position, Positions, Reached, Source } from './contract.ts';
import { countLines } from './line-buffer.ts';

/**
 * The lines that many senders bring, as one source: connections, or requests.
 *
 * What arrives is put into one order, in which offsets and line numbers go on for ever, over restarts as well. Senders
 * take turns, so that one that sends much keeps nobody waiting. The inbox remembers whose each line is until it is
 * committed, and then tells the sender. A sender with a name of its own, a producer, numbers its lines; the number of
 * the last one is part of the commit, so after a crash on either side it goes on without loss and without a duplicate.
 */

/** Who brings lines. */
export interface Sender {
  /** Whether it has whole lines that were not taken. */
  readonly hasLines: () => boolean;
  /**
   * Copies whole lines into `into`, as many bytes as fit, of which the last line may be cut; with `toLineEnd` not beyond the
   * end of the first line. Returns the number of bytes.
   */
  readonly take: (into: Uint8Array, toLineEnd: boolean) => number;
  /** Whether all lines that it has are to follow each other. */
  readonly inOneGo: boolean;
  /** Told how many of its lines were taken to their end, the first of which begins at `at`. */
  readonly taken: (lines: number, at: Place) => void;
  /** The producer for which it sends. */
  readonly producer: string | undefined;
  /** Told that `lines` more of its lines are committed. */
  readonly committed: (lines: number) => void;
}

/** Where a line begins in the inbox: these numbers stand in event ids and dead letters. */
export type Place = Pick<Reached, 'offset' | 'line'>;

/** Lines of one sender that follow each other in the inbox, up to line number `lineTo` (not included). */
interface Mark {
  readonly sender: Sender;
  readonly lineTo: number;
}

/** How far a producer has come: the numbers of the last line that was begun to be read, and of the last that is committed. */
export interface Progress {
  readonly read: number;
  readonly committed: number;
}

interface Producer {
  read: number;
  committed: number;
  /** How many send for it. */
  users: number;
  /** Whether it has said that it will not come again. */
  isDone: boolean;
}

function newProducer(): Producer {
  return { read: 0, committed: 0, users: 0, isDone: false };
}

const NEWLINE = 0x0a;

export class Inbox implements Source {
  readonly start: Reached;
  readonly #id: string;
  readonly #onClose: () => Promise<void>;
  readonly #onQuit: () => void;
  readonly #producers = new Map<string, Producer>();
  /** Those that were forgotten, of which the journal still knows, and among them those of which the next commit tells it. */
  readonly #forgotten = new Set<string>();
  #forgetting: readonly string[] = [];
  /** Senders that have lines, the longest waiting first. */
  readonly #ready = new Set<Sender>();
  /** The sender that goes on before all others, because its line was cut, or all of its lines belong together. */
  #current: Sender | undefined;
  #isCut = false;
  /** Where the line begins that is being taken. */
  #lineStart: number;
  /** Whose lines those are that are not committed, in order. */
  #marks: Mark[] = [];
  #offset: number;
  #line: number;
  /** The line up to which commits have been told. */
  #committedLine: number;
  #quitting = false;
  #waiting: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** `id` is that of the source; `onQuit` ends what brings lines, and `onClose` gives up all of it. */
  constructor(id: string, positions: Positions, onQuit: () => void, onClose: () => Promise<void>) {
    this.#id = id;
    this.#onQuit = onQuit;
    this.#onClose = onClose;
    const { offset = 0, line = 0 } = (positions[id] ?? {}) as Partial<Position>;
    this.start = { offset, line, unfinished: false };
    this.#offset = offset;
    this.#lineStart = offset;
    this.#line = line;
    this.#committedLine = line;
    for (const [key, number] of Object.entries(positions)) {
      const producer = key.startsWith(this.#keyOf('')) ? key.slice(this.#keyOf('').length) : undefined;
      if (producer !== undefined)
        this.#producers.set(producer, { ...newProducer(), read: Number(number), committed: Number(number) });
    }
  }

  /**
   * Says that somebody sends for the producer, until `leave`. Gives how far it has come, which stays up to date, 0 where
   * nothing is known of it; undefined where there are too many to know them all.
   */
  enter(producer: string): Progress | undefined {
    const known = this.#producers.get(producer);
    if (known === undefined && this.#producers.size >= PRODUCERS_MAX) return undefined;
    const entered = known ?? newProducer();
    entered.users++;
    entered.isDone = false;
    this.#producers.set(producer, entered);
    return entered;
  }

  /** One of whom nothing was read is not remembered: names alone must not use up the room for them. */
  leave(producer: string): void {
    const left = this.#producers.get(producer)!;
    left.users--;
    if (left.users === 0 && left.read === 0) this.#producers.delete(producer);
    this.#forgetIfDone(producer);
  }

  /** Says that the producer will not come again: nothing has to be known of it when it has left and all is committed. */
  retire(producer: string): void {
    const known = this.#producers.get(producer);
    if (known === undefined) return;
    known.isDone = true;
    this.#forgetIfDone(producer);
  }

  /** Says that the sender has whole lines. */
  arrived(sender: Sender): void {
    this.#ready.add(sender);
    this.#call();
  }

  /** Says that the sender's lines are not to be taken any more, but for one that was begun. */
  forget(sender: Sender): void {
    this.#ready.delete(sender);
  }

  /** Says that nothing will arrive any more. */
  finish(): void {
    this.#quitting = true;
    this.#call();
  }

  readable(): Promise<void> | undefined {
    if (this.#ready.size > 0 || this.#current !== undefined || this.#quitting) return undefined;
    this.#waiting ??= new Promise<void>(resolve => {
      this.#wake = resolve;
    });
    return this.#waiting;
  }

  async read(into: Uint8Array): Promise<number | 'end'> {
    let filled = 0;
    while (filled < into.length) {
      const sender = this.#current ?? this.#ready.values().next().value;
      if (sender === undefined) break;
      this.#ready.delete(sender);
      // A turn that has ended within a line goes on to the line's end, and no further.
      const toLineEnd = this.#isCut && !sender.inOneGo;
      const quota =
        toLineEnd || sender.inOneGo ? into.length : Math.min(into.length, filled + SENDER_TURN_BYTES);
      const taken = sender.take(into.subarray(filled, quota), toLineEnd);
      this.#count(sender, into.subarray(filled, filled + taken));
      filled += taken;
      const goesOn = this.#isCut || (sender.inOneGo && sender.hasLines());
      this.#current = goesOn ? sender : undefined;
      if (!goesOn && sender.hasLines()) this.#ready.add(sender);
    }
    return filled === 0 && this.#quitting ? 'end' : filled;
  }

  /** The position, and how far the producers have come whose lines came since the last commit. */
  async positions(reached: Reached): Promise<Positions> {
    const positions: Record<string, unknown> = { [this.#id]: { ...reached } };
    this.#forgetting = [...this.#forgotten];
    // Before the numbers: one that has come again begins with 1.
    for (const producer of this.#forgetting) positions[this.#keyOf(producer)] = null;
    for (const [producer, lines] of this.#linesByProducer(reached.line)) {
      positions[this.#keyOf(producer)] = this.#producers.get(producer)!.committed + lines;
    }
    return positions;
  }

  committed(reached: Reached): void {
    for (const [producer, lines] of this.#linesByProducer(reached.line)) {
      this.#producers.get(producer)!.committed += lines;
      this.#forgetIfDone(producer);
    }
    for (const producer of this.#forgetting) this.#forgotten.delete(producer);
    this.#forgetting = [];
    const told = this.#linesBySender(reached.line);
    this.#marks = this.#marks.filter(({ lineTo }) => lineTo > reached.line);
    this.#committedLine = reached.line;
    for (const [sender, lines] of told) sender.committed(lines);
  }

  quit(): void {
    this.#onQuit();
    this.finish();
  }

  close(): Promise<void> {
    return this.#onClose();
  }

  #forgetIfDone(producer: string): void {
    const known = this.#producers.get(producer);
    if (known?.isDone !== true || known.users > 0 || known.read > known.committed) return;
    this.#producers.delete(producer);
    this.#forgotten.add(producer);
  }

  #keyOf(producer: string): string {
    return `${this.#id} producer ${producer}`;
  }

  /** Counts what was taken of a sender, and remembers whose it is. */
  #count(sender: Sender, bytes: Uint8Array): void {
    const lines = countLines(bytes);
    const wasCut = this.#isCut;
    if (!wasCut) this.#lineStart = this.#offset;
    this.#isCut = bytes.length > 0 ? bytes.at(-1) !== NEWLINE : wasCut;
    this.#offset += bytes.length;
    const { producer } = sender;
    if (producer !== undefined) {
      // A line counts as read from its first byte on: it will not have to come again.
      this.#producers.get(producer)!.read += lines + Number(this.#isCut) - Number(wasCut);
    }
    if (lines === 0) return;
    const at = { offset: this.#lineStart, line: this.#line };
    if (this.#isCut) this.#lineStart = this.#offset - (bytes.length - bytes.lastIndexOf(NEWLINE) - 1);
    this.#line += lines;
    if (this.#marks.at(-1)?.sender === sender) this.#marks.pop();
    this.#marks.push({ sender, lineTo: this.#line });
    sender.taken(lines, at);
  }

  /** How many lines up to line number `line` are whose, of those of which no commit was told. */
  #linesBySender(line: number): Map<Sender, number> {
    const bySender = new Map<Sender, number>();
    let from = this.#committedLine;
    for (const { sender, lineTo } of this.#marks) {
      if (from >= line) break;
      const to = Math.min(lineTo, line);
      bySender.set(sender, (bySender.get(sender) ?? 0) + to - from);
      from = to;
    }
    return bySender;
  }

  #linesByProducer(line: number): Map<string, number> {
    const byProducer = new Map<string, number>();
    for (const [{ producer }, lines] of this.#linesBySender(line)) {
      if (producer !== undefined) byProducer.set(producer, (byProducer.get(producer) ?? 0) + lines);
    }
    return byProducer;
  }

  #call(): void {
    this.#wake?.();
    this.#waiting = undefined;
    this.#wake = undefined;
  }
}
