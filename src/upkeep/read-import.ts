import type { MillraceError } from '../base/errors.ts';
import { GAP_LINES_MAX, LINE_BYTES_LIMIT } from '../base/limits.ts';
import { badImport, type EnvelopedEvent, EnvelopeReader, type ExportHead, readHead } from './envelope.ts';

/** Reads what is to be imported: an export with positions, which is checked as it is read, or plain NDJSON. */

/** Events that follow each other, as lines; with an empty line for each offset that has none, but in wide gaps between batches. */
export interface ImportBatch {
  readonly lines: Buffer;
  /** The offset of the first line. */
  readonly first: number;
  readonly events: number;
  readonly time: number;
  /** The offset behind them. */
  readonly next: number;
}

/** Lines are handed on in pieces of about this size. */
const BATCH_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const NEWLINE_BYTES = Buffer.from('\n');

/** What compressed files begin with, which no event does. */
const COMPRESSED = [
  { program: 'gzip', begins: Buffer.from([0x1f, 0x8b]), unpack: 'zcat' },
  { program: 'zstd', begins: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: 'zstdcat' },
];

export class ImportInput {
  /** What the export says of itself; undefined for plain NDJSON, whose events have no offsets. */
  readonly head: ExportHead | undefined;
  readonly #first: Uint8Array | undefined;
  readonly #lines: AsyncGenerator<Uint8Array, void, void>;

  private constructor(first: Uint8Array | undefined, lines: AsyncGenerator<Uint8Array, void, void>) {
    this.#first = first;
    this.#lines = lines;
    this.head = first === undefined ? undefined : readHead(first);
  }

  static async open(input: AsyncIterable<Uint8Array>): Promise<ImportInput> {
    const lines = linesOf(input);
    const { value, done } = await lines.next();
    return new ImportInput(done === true ? undefined : value, lines);
  }

  /** All events, from the first offset on; throws MILLRACE_IMPORT where something is not as it should be. */
  async *batches(start: number): AsyncGenerator<ImportBatch, void, void> {
    const batch = new Batch(start);
    const events = this.head === undefined ? this.#plain(start) : this.#enveloped(this.head);
    for await (const event of events) {
      const isWide = this.#isWideGap(batch.next, event);
      if (!batch.isEmpty && (isWide || event.time !== batch.time)) yield batch.take();
      // A topic must not end in a gap: its last offset has a line.
      if (isWide) batch.skipTo(event.event === undefined ? event.offset - 1 : event.offset);
      for (let gap = event.offset - batch.next; gap > 0; gap = event.offset - batch.next) {
        batch.addBlanks(Math.min(gap, BATCH_BYTES), event.time);
        if (batch.isFull) yield batch.take();
      }
      if (event.event !== undefined) batch.add(event.event, event.time);
      if (batch.isFull) yield batch.take();
    }
    if (!batch.isEmpty) yield batch.take();
  }

  /** Whether so much is missing before an event that compaction would have left it out; where events are lost, it never does. */
  #isWideGap(next: number, { offset }: ImportedEvent): boolean {
    return offset - next > GAP_LINES_MAX && offset <= (this.head?.compacted?.to ?? 0);
  }

  async *#plain(start: number): AsyncGenerator<ImportedEvent, void, void> {
    const time = Date.now();
    let offset = start;
    let number = 0;
    for await (const line of this.#all()) {
      number++;
      const event = number === 1 && isMarked(line) ? line.subarray(3) : line;
      if (isBlank(event)) continue;
      checkJson(event, number);
      yield { offset: offset++, time, event };
    }
  }

  async *#enveloped(head: ExportHead): AsyncGenerator<ImportedEvent, void, void> {
    const reader = new EnvelopeReader(head, this.#first!);
    let time = 0;
    for await (const line of this.#lines) {
      const event = reader.read(line);
      if (event === undefined) continue;
      ({ time } = event);
      yield event;
    }
    reader.finish();
    // Those behind the last event that are lost have offsets as well.
    yield { offset: head.next, time, event: undefined };
  }

  async *#all(): AsyncGenerator<Uint8Array, void, void> {
    if (this.#first !== undefined) yield this.#first;
    yield* this.#lines;
  }
}

interface ImportedEvent extends Omit<EnvelopedEvent, 'event'> {
  readonly event: Uint8Array | undefined;
}

/** Lines of one time, until they are handed on. */
class Batch {
  next: number;
  time = 0;
  #first: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #events = 0;

  constructor(next: number) {
    this.next = this.#first = next;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= BATCH_BYTES;
  }

  /** Leaves out the offsets before `offset`; only where it is empty. */
  skipTo(offset: number): void {
    this.next = this.#first = offset;
  }

  add(event: Uint8Array, time: number): void {
    // A copy: the line is a part of what was read.
    this.#push(Buffer.concat([event, NEWLINE_BYTES]), time);
    this.#events++;
    this.next++;
  }

  addBlanks(count: number, time: number): void {
    this.#push(new Uint8Array(count).fill(NEWLINE), time);
    this.next += count;
  }

  take(): ImportBatch {
    const batch = {
      lines: Buffer.concat(this.#pieces),
      first: this.#first,
      events: this.#events,
      time: this.time,
      next: this.next,
    };
    this.#first = this.next;
    this.#pieces = [];
    this.#bytes = this.#events = 0;
    return batch;
  }

  #push(bytes: Uint8Array, time: number): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    this.time = time;
  }
}

function isMarked(line: Uint8Array): boolean {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf;
}

function isBlank(line: Uint8Array): boolean {
  return line.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function checkJson(line: Uint8Array, number: number): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line));
  } catch (error) {
    throw (
      (number === 1 ? compressed(line) : undefined) ??
      badImport(`line ${number} is no event: ${(error as Error).message}`)
    );
  }
}

/** What to say of a first line that is the beginning of a compressed file. */
function compressed(line: Uint8Array): MillraceError | undefined {
  const packed = COMPRESSED.find(({ begins }) => begins.equals(line.subarray(0, begins.length)));
  return packed === undefined
    ? undefined
    : badImport(
        `what is to be imported is compressed with ${packed.program}`,
        `unpack it first: ${packed.unpack} FILE | millrace import TOPIC`,
      );
}

/** The lines of `input`, without their newlines. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for await (const piece of input) {
    let at = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, at)) {
      const rest = piece.subarray(at, end);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      begunBytes = 0;
      at = end + 1;
    }
    if (at === piece.length) continue;
    begun.push(piece.slice(at));
    begunBytes += piece.length - at;
    if (begunBytes > LINE_BYTES_LIMIT) throw badImport(`a line has more than ${LINE_BYTES_LIMIT} bytes`);
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}
