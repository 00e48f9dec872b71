import { crc32 } from 'node:zlib';
import { MillraceError } from '../base/errors.ts';
import type { Compacted } from '../store/job-state.ts';
import { crcText } from '../store/record.ts';
import type { OffsetRange } from './finding.ts';

/**
 * An export with positions: each event in a line of its own, and between them what lets an import know that it is whole.
 *
 *     {"export":1,"topic":"errors","earliest":0,"next":109}      first
 *     {"offset":0,"time":1767225601000,"event":{...}}            the event byte for byte; as "text" or "base64" where it is no JSON
 *     {"checked":36,"crc":"0a1b2c3d"}                            now and then: the CRC-32 of all bytes before this line
 *     {"end":109,"events":109,"crc":"0a1b2c3d"}                  last
 */

export interface ExportHead {
  readonly export: 1;
  readonly topic: string;
  /** The offset of the first event, or where it would be, and the one that the next event would have. */
  readonly earliest: number;
  readonly next: number;
  /** Offsets whose events were lost, and up to where the topic was compacted: only there offsets may be missing. */
  readonly lost?: readonly OffsetRange[];
  readonly compacted?: Compacted;
}

export interface EnvelopedEvent {
  readonly offset: number;
  readonly time: number;
  /** Without its newline. */
  readonly event: Uint8Array;
}

const EVENT = /^\{"offset":(\d{1,16}),"time":(\d{1,16}),"(event|text|base64)":/;
/** What stands before an event is never longer. */
const HEAD_BYTES = 80;

/** Writes an export, and keeps its checksum. */
export class EnvelopeWriter {
  #crc = 0;
  #events = 0;

  head(head: ExportHead): Buffer {
    return this.#line(JSON.stringify(head));
  }

  event({ offset, time, event }: EnvelopedEvent): Buffer {
    this.#events++;
    const start = `{"offset":${offset},"time":${time},`;
    const text = Buffer.from(event);
    const isText = isUtf8(text);
    if (isText && isJson(text))
      return this.#bytes(Buffer.concat([Buffer.from(`${start}"event":`), text, END]));
    const told = isText
      ? `"text":${JSON.stringify(text.toString('utf8'))}`
      : `"base64":"${text.toString('base64')}"`;
    return this.#line(`${start}${told}}`);
  }

  check(): Buffer {
    return this.#line(`{"checked":${this.#events},"crc":"${crcText(this.#crc)}"}`);
  }

  end(next: number): Buffer {
    return this.#line(`{"end":${next},"events":${this.#events},"crc":"${crcText(this.#crc)}"}`);
  }

  #line(text: string): Buffer {
    return this.#bytes(Buffer.from(`${text}\n`, 'utf8'));
  }

  #bytes(bytes: Buffer): Buffer {
    this.#crc = crc32(bytes, this.#crc);
    return bytes;
  }
}

const END = Buffer.from('}\n');

function isUtf8(bytes: Buffer): boolean {
  return Buffer.compare(Buffer.from(bytes.toString('utf8'), 'utf8'), bytes) === 0;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** What the first line of an export says, or undefined where it is none: then it is an event. */
export function readHead(line: Uint8Array): ExportHead | undefined {
  if (line.length > 1024 * 1024 || line[0] !== 0x7b) return undefined;
  try {
    const head = JSON.parse(Buffer.from(line).toString('utf8')) as Partial<ExportHead>;
    const isHead =
      head.export === 1 && Number.isSafeInteger(head.earliest) && Number.isSafeInteger(head.next);
    return isHead ? (head as ExportHead) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the lines of an export behind its first, and checks that they are all, and what was written. */
export class EnvelopeReader {
  /** Whether the last line was read. */
  ended = false;
  readonly #head: ExportHead;
  #crc: number;
  #events = 0;
  #line = 1;
  #next: number;

  constructor(head: ExportHead, line: Uint8Array) {
    this.#head = head;
    this.#crc = crc32(NEWLINE, crc32(line));
    this.#next = head.earliest;
  }

  /** The event in a line without its newline, or undefined where it is a check; throws MILLRACE_IMPORT. */
  read(line: Uint8Array): EnvelopedEvent | undefined {
    this.#line++;
    if (this.ended) throw this.#bad('something follows the end of the export');
    const start = EVENT.exec(Buffer.from(line.subarray(0, HEAD_BYTES)).toString('latin1'));
    if (start === null) {
      this.#check(line);
      this.#add(line);
      return undefined;
    }
    this.#add(line);
    const [head, offset, time, kind] = start;
    this.#events++;
    this.#checkGap(Number(offset));
    this.#next = Number(offset) + 1;
    const event = line.subarray(head.length, -1);
    return {
      offset: Number(offset),
      time: Number(time),
      event: kind === 'event' ? event : this.#text(event, kind!),
    };
  }

  /** To be called at the end of the input. */
  finish(): void {
    if (!this.ended) throw this.#bad(`the export is cut off after offset ${this.#next - 1}`);
  }

  /** Offsets are left out only where the head says why. */
  #checkGap(offset: number): void {
    const { next, lost = [], compacted } = this.#head;
    const isMissing = offset > this.#next && offset > (compacted?.to ?? 0);
    const isLost = lost.some(([from, to]) => from <= this.#next && offset <= to);
    if (offset >= this.#next && offset <= next && (!isMissing || isLost)) return;
    throw this.#bad(`offset ${offset} does not follow ${this.#next - 1}`);
  }

  #add(line: Uint8Array): void {
    this.#crc = crc32(NEWLINE, crc32(line, this.#crc));
  }

  #check(line: Uint8Array): void {
    let told: { checked?: unknown; end?: unknown; events?: unknown; crc?: unknown };
    try {
      told = JSON.parse(Buffer.from(line).toString('utf8')) as typeof told;
    } catch {
      throw this.#bad('it is no line of an export');
    }
    const { checked, end, events, crc } = told;
    if ((checked ?? events) !== this.#events || crc !== crcText(this.#crc))
      throw this.#bad('what stands before it is not what was exported');
    if (end === undefined) return;
    this.#checkGap(this.#head.next);
    if (end !== this.#head.next)
      throw this.#bad(`it ends at offset ${JSON.stringify(end)}, not at ${this.#head.next}`);
    this.ended = true;
  }

  #text(told: Uint8Array, kind: string): Uint8Array {
    let text: unknown;
    try {
      text = JSON.parse(Buffer.from(told).toString('utf8'));
    } catch {
      text = undefined;
    }
    if (typeof text !== 'string') throw this.#bad('it is no line of an export');
    return Buffer.from(text, kind === 'text' ? 'utf8' : 'base64');
  }

  #bad(what: string): MillraceError {
    return badImport(`line ${this.#line} of the export is damaged: ${what}`);
  }
}

const NEWLINE = Buffer.from('\n');

export function badImport(
  message: string,
  whatToDo = 'make the export again, or mend the file',
): MillraceError {
  return new MillraceError('MILLRACE_IMPORT', message, { hint: `nothing was imported; ${whatToDo}` });
}
