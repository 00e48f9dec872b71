import { PathScanner, ValueKind, valueText } from '../kernel/scan.ts';
import type { ValuePath } from '../kernel/path.ts';
import { ByteTime, type TimeUnit } from './byte-time.ts';

/** When events happened: by a value in each, or by when they were committed. */
export interface EventClock {
  /** The time of the line that was read last, in milliseconds since 1970; NaN where it has none. */
  readonly ms: number;
  /** Says that what follows was committed at this time; NaN where that is not known. */
  readonly begin: (committedMs: number) => void;
  /** Reads the line that begins at `start`; returns the position of its newline. */
  readonly read: (bytes: Uint8Array, start: number) => number;
}

const NEWLINE = 0x0a;

/** Goes by when events were committed: those of one commit together. */
export class CommitClock implements EventClock {
  ms = Number.NaN;

  begin(committedMs: number): void {
    this.ms = committedMs;
  }

  read(bytes: Uint8Array, start: number): number {
    return bytes.indexOf(NEWLINE, start);
  }
}

/** Goes by a value of each event. */
export class FieldClock implements EventClock {
  ms = Number.NaN;
  readonly #scanner: PathScanner;
  readonly #time: ByteTime;

  constructor(path: ValuePath, unit?: TimeUnit) {
    this.#scanner = new PathScanner(path);
    this.#time = new ByteTime(unit);
  }

  begin(): void {}

  read(bytes: Uint8Array, start: number): number {
    const scanner = this.#scanner;
    const time = this.#time;
    const end = scanner.scanLine(bytes, start);
    if (scanner.kind === ValueKind.none) time.ms = Number.NaN;
    else if (scanner.kind === ValueKind.plainString)
      time.readText(bytes, scanner.valueStart, scanner.valueEnd);
    else if (scanner.kind === ValueKind.other) time.readBare(bytes, scanner.valueStart, scanner.valueEnd);
    else time.readWhole(valueText(scanner, bytes) ?? '');
    this.ms = time.ms;
    return end;
  }
}
