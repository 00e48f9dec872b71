import type { Positions } from '../../src/source/contract.ts';
import { Inbox, type Place, type Progress, type Sender } from '../../src/source/inbox.ts';
import { countLines, LineBuffer } from '../../src/source/line-buffer.ts';

/** Producers that send to an inbox, and the journal that keeps what is committed of it: without sockets and without a store. */

/** A connection of a producer, without the socket. */
export class Source implements Sender {
  readonly inOneGo = false;
  readonly producer: string;
  readonly lines = new LineBuffer(1000);
  readonly places: Place[] = [];
  committedLines = 0;
  /** Lines of the producer that were sent here, and not left out. */
  skip: number;
  next: number;
  readonly progress: Progress;

  constructor(inbox: Inbox, producer: string) {
    this.producer = producer;
    this.progress = inbox.enter(producer)!;
    this.next = this.progress.committed + 1;
    this.skip = this.progress.read - this.progress.committed;
  }

  readonly hasLines = (): boolean => this.lines.wholeBytes > 0;
  readonly take = (into: Uint8Array, toLineEnd: boolean): number => this.lines.take(into, toLineEnd);
  readonly taken = (_lines: number, at: Place): void => void this.places.push(at);
  readonly committed = (lines: number): void => {
    this.committedLines += lines;
  };
}

/** An inbox with its producers, and what was read of it. */
export class World {
  inbox: Inbox;
  /** What was read, as far as it can still be lost, and what is committed. */
  stream = '';
  durable = '';
  journal: Positions = {};
  sources = new Map<string, Source>();

  constructor() {
    this.inbox = this.open();
  }

  open(): Inbox {
    return new Inbox(
      'id',
      this.journal,
      () => undefined,
      async () => undefined,
    );
  }

  connect(producer: string): Source {
    this.leave(producer);
    const source = new Source(this.inbox, producer);
    this.sources.set(producer, source);
    return source;
  }

  /** As a connection does that is cut off. */
  leave(producer: string): void {
    const source = this.sources.get(producer);
    if (source === undefined) return;
    source.lines.dropWhole();
    this.inbox.forget(source);
    this.inbox.leave(producer);
    this.sources.delete(producer);
  }

  send(producer: string, count: number): void {
    const source = this.sources.get(producer) ?? this.connect(producer);
    for (let sent = 0; sent < count; sent++) {
      source.lines.add(Buffer.from(`${producer} ${source.next++} ${'.'.repeat(source.next % 17)}\n`));
    }
    source.skip -= source.lines.skip(source.skip);
    if (source.hasLines()) this.inbox.arrived(source);
  }

  async read(bytes: number): Promise<void> {
    if (this.inbox.readable() !== undefined) return;
    const into = Buffer.alloc(bytes);
    const taken = await this.inbox.read(into);
    this.stream += into.toString('latin1', 0, Number(taken));
  }

  /** Commits some of the whole lines that were read. */
  async commit(share: number): Promise<void> {
    const at = Math.floor(this.stream.length * share);
    const to = this.stream.lastIndexOf('\n', at) + 1;
    const text = this.durable + this.stream.slice(0, to);
    const reached = { offset: text.length, line: countLines(Buffer.from(text)), unfinished: false };
    const added = await this.inbox.positions(reached);
    const all = Object.entries({ ...this.journal, ...added });
    this.journal = Object.fromEntries(all.filter(([, position]) => position !== null));
    this.durable = text;
    this.stream = this.stream.slice(to);
    this.inbox.committed(reached);
  }

  /** What a further line of somebody else lets the journal know. */
  async lastCommit(): Promise<void> {
    const lines = new LineBuffer(1000);
    lines.add(Buffer.from('x\n'));
    this.inbox.arrived({
      inOneGo: false,
      producer: undefined,
      hasLines: () => lines.wholeBytes > 0,
      take: into => lines.take(into),
      taken: () => undefined,
      committed: () => undefined,
    });
    await this.read(1000);
    await this.commit(1);
  }

  /** All that is not committed is gone, with all connections. */
  crash(): void {
    this.stream = '';
    this.sources.clear();
    this.journal = JSON.parse(JSON.stringify(this.journal)) as Positions;
    this.inbox = this.open();
  }
}
