import { isAscii, isUtf8 } from 'node:buffer';
import { isSpace } from '../base/line-bytes.ts';
import { LINE_BYTES_MAX } from '../base/limits.ts';
import type { ValuePath } from '../kernel/path.ts';
import { advise } from './advice.ts';
import { describeField, FieldTable, mostPresent } from './field-table.ts';
import { keyCandidates } from './key-candidates.ts';
import { KeyFigures } from './key-figures.ts';
import type { LineTaker } from './line-reading.ts';
import { LogHistogram, type Quantiles } from './log-histogram.ts';
import type { InvalidLine, Report } from './report.ts';
import { TimeFigures } from './time-figures.ts';
import { findTimeField } from './time-field.ts';

/** Takes lines and counts all that is told of them. Its memory does not grow with the input. */

const NEWLINE = 0x0a;

/** Events from which the time field is chosen, and the bytes after which fewer are enough. */
const CHOICE_EVENTS = 256;
const CHOICE_BYTES = 1024 * 1024;

const INVALID_SHOWN = 5;
const REASON_LENGTH_MAX = 200;
const FIELDS_SHOWN = 200;

export interface Questions {
  readonly key: ValuePath | undefined;
  readonly timeField: ValuePath | undefined;
  /** Lines that are looked at. */
  readonly linesMax: number;
}

export class Inspection implements LineTaker {
  readonly #questions: Questions;
  readonly #key: KeyFigures | undefined;
  readonly #sources: string[] = [];
  readonly #sizes = new LogHistogram();
  readonly #fields = new FieldTable();
  readonly #firstInvalid: InvalidLine[] = [];
  /** Events whose times are taken once the field is chosen; undefined when it is. */
  #untimed: unknown[] | undefined = [];
  #untimedBytes = 0;
  #time: TimeFigures | undefined;
  #lines = 0;
  #sourceLine = 0;
  #bytes = 0;
  #blank = 0;
  #invalid = 0;
  #tooLong = 0;
  #longestBytes = 0;

  constructor(questions: Questions) {
    this.#questions = questions;
    this.#key = questions.key === undefined ? undefined : new KeyFigures(questions.key);
    if (questions.timeField !== undefined) {
      this.#time = new TimeFigures({ path: questions.timeField, found: 'named' });
      this.#untimed = undefined;
    }
  }

  get hasEnough(): boolean {
    return this.#lines >= this.#questions.linesMax;
  }

  /** Says that the lines that follow are those of another source. */
  beginSource(name: string): void {
    this.#sources.push(name);
    this.#sourceLine = 0;
  }

  readonly lines = (bytes: Buffer, from: number, to: number): boolean => {
    this.#key?.begin(bytes, from, to);
    const all = bytes.subarray(from, to);
    const encoding = isAscii(all) ? 'latin1' : 'utf8';
    const isText = encoding === 'latin1' || isUtf8(all);
    const nowMs = Date.now();
    for (let start = from; start < to && !this.hasEnough; ) {
      const end = bytes.indexOf(NEWLINE, start);
      this.#lines++;
      this.#sourceLine++;
      this.#bytes += end + 1 - start;
      if (end - start > LINE_BYTES_MAX) this.#noteTooLong(end - start);
      else if (isBlank(bytes, start, end)) this.#blank++;
      else if (!isText && !isUtf8(bytes.subarray(start, end)))
        this.#noteInvalid('the line is not valid UTF-8');
      else this.#line(bytes, start, end, encoding, nowMs);
      start = end + 1;
    }
    return !this.hasEnough;
  };

  readonly tooLong = (lengthBytes: number): boolean => {
    this.#lines++;
    this.#sourceLine++;
    this.#bytes += lengthBytes + 1;
    this.#noteTooLong(lengthBytes);
    return !this.hasEnough;
  };

  #line(bytes: Buffer, start: number, end: number, encoding: 'latin1' | 'utf8', nowMs: number): void {
    let event: unknown;
    try {
      event = JSON.parse(bytes.toString(encoding, start, end));
    } catch (error) {
      this.#noteInvalid((error as Error).message);
      return;
    }
    this.#sizes.add(end - start);
    this.#fields.add(event);
    this.#key?.add(bytes, start);
    if (this.#untimed === undefined) this.#time?.add(event, nowMs);
    else {
      this.#untimed.push(event);
      this.#untimedBytes += end - start;
      const isEnough = this.#untimed.length >= CHOICE_EVENTS || this.#untimedBytes >= CHOICE_BYTES;
      if (isEnough) this.#chooseTimeField(nowMs);
    }
  }

  #chooseTimeField(nowMs: number): void {
    const events = this.#untimed;
    if (events === undefined) return;
    this.#untimed = undefined;
    const field = findTimeField(events);
    if (field === undefined) return;
    this.#time = new TimeFigures(field);
    for (const event of events) this.#time.add(event, nowMs);
  }

  #noteTooLong(lengthBytes: number): void {
    this.#tooLong++;
    this.#longestBytes = Math.max(this.#longestBytes, lengthBytes);
  }

  #noteInvalid(reason: string): void {
    this.#invalid++;
    if (this.#firstInvalid.length === INVALID_SHOWN) return;
    const source = this.#sources.at(-1)!;
    this.#firstInvalid.push({ source, line: this.#sourceLine, reason: reason.slice(0, REASON_LENGTH_MAX) });
  }

  report(ended: Report['ended']): Report {
    this.#chooseTimeField(Date.now());
    const counted = (lines: number) => ({ lines, share: this.#lines === 0 ? 0 : lines / this.#lines });
    const { root, nodes, others } = this.#fields;
    const events = root.events;
    const time = this.#time?.report();
    const key = this.#key?.report();
    const shown = mostPresent(
      nodes.map(node => describeField(node, events)),
      FIELDS_SHOWN,
    );
    const found: Omit<Report, 'advice'> = {
      sources: this.#sources,
      ended,
      lines: this.#lines,
      bytes: this.#bytes,
      events,
      blank: counted(this.#blank),
      invalid: { ...counted(this.#invalid), first: this.#firstInvalid },
      tooLong: { ...counted(this.#tooLong), longestBytes: this.#longestBytes, limitBytes: LINE_BYTES_MAX },
      sizes: wholeNumbers(this.#sizes.quantiles()),
      time,
      key,
      keyCandidates: key === undefined ? keyCandidates(this.#fields, time?.path) : [],
      event: events === 0 ? undefined : describeField(root, events),
      fields: shown,
      moreFields: nodes.length - shown.length + others,
    };
    return { ...found, advice: advise(found) };
  }
}

function wholeNumbers(of: Quantiles | undefined): Quantiles | undefined {
  if (of === undefined) return undefined;
  return { ...of, p50: Math.round(of.p50), p90: Math.round(of.p90), p99: Math.round(of.p99) };
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isSpace(bytes[at]!)) return false;
  return true;
}
