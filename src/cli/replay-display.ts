import type { Pacer, Progress } from '../replay/pacer.ts';
import { onStderr as chalk } from './colours.ts';
import { formatCount } from './format.ts';
import { columnsOf } from './text-columns.ts';

/**
 * The line on standard error that tells where a replay is: speed, the time of the events, how much of them is done.
 *
 * Where data goes to the same terminal the line is taken away before data is written, and drawn again below it.
 */

const REFRESH_MS = 200;
const BAR_COLUMNS = 16;
/** What is later than that is told. */
const LATE_MS = 1000;
const TAKE_AWAY = '\r\u001b[K';

export const KEYS = 'space pause · → or n step · + - speed · q quit';

export class ReplayDisplay {
  readonly #pacer: Pacer;
  readonly #isShared: boolean;
  #share: number | undefined;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;
  #seen = { ms: performance.now(), events: 0, rate: 0 };

  /** `isShared` says that data goes to the same terminal. */
  constructor(pacer: Pacer, isShared: boolean) {
    this.#pacer = pacer;
    this.#isShared = isShared;
  }

  begin(hasKeys: boolean): void {
    if (hasKeys) process.stderr.write(chalk.dim(`  ${KEYS}\n`));
    this.#timer = setInterval(this.draw, REFRESH_MS).unref();
    this.draw();
  }

  readonly share = (share: number | undefined): void => {
    this.#share = share;
  };

  readonly draw = (): void => {
    if (this.#timer === undefined) return;
    const columns = process.stderr.columns > 0 ? process.stderr.columns : 80;
    const line = statusLine(this.#pacer, this.#pacer.progress, this.#share, this.#rate());
    process.stderr.write(`${TAKE_AWAY}${fitting(line, columns - 1)}`);
    this.#isDrawn = true;
  };

  readonly takeAway = (): void => {
    if (!this.#isDrawn) return;
    process.stderr.write(TAKE_AWAY);
    this.#isDrawn = false;
  };

  /** Before data is written, and after it. */
  readonly makeRoom = (): void => {
    if (this.#isShared) this.takeAway();
  };
  readonly comeBack = (): void => {
    if (this.#isShared) this.draw();
  };

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.takeAway();
  }

  #rate(): number {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#seen.ms;
    if (elapsedMs >= REFRESH_MS * 2) {
      const { events } = this.#pacer.progress;
      this.#seen = { ms: nowMs, events, rate: ((events - this.#seen.events) / elapsedMs) * 1000 };
    }
    return this.#seen.rate;
  }
}

/** The parts of the line, the ones that matter most first; what finds no room is left out. */
export function statusLine(
  pacer: Pacer,
  progress: Progress,
  share: number | undefined,
  rate: number,
): string[] {
  const speed = speedText(pacer.speed);
  const parts = [pacer.isPaused ? chalk.yellow(`paused at ${speed}`) : chalk.bold(speed)];
  parts.push(timeText(progress.timeMs));
  if (share !== undefined) parts.push(`${bar(share)} ${Math.floor(share * 100)}%`);
  parts.push(`${formatCount(progress.events)} events`);
  if (progress.lateMs > LATE_MS) {
    parts.push(chalk.yellow(`${(progress.lateMs / 1000).toFixed(0)} s behind`));
  } else parts.push(`${formatCount(rate)}/s`);
  return parts;
}

function bar(share: number): string {
  const done = Math.round(share * BAR_COLUMNS);
  return chalk.cyan('━'.repeat(done) + '─'.repeat(BAR_COLUMNS - done));
}

/** The parts side by side, as many as there is room for. */
export function fitting(parts: readonly string[], columns: number): string {
  let line = '';
  for (const part of parts) {
    const longer = `${line}  ${part}`;
    // oxlint-disable-next-line no-control-regex -- colours take no room
    if (columnsOf(longer.replaceAll(/\u001b\[[\d;]*m/g, '')) > columns) break;
    line = longer;
  }
  return line;
}

export function speedText(speed: number): string {
  return speed === Number.POSITIVE_INFINITY ? 'max' : `${speed}x`;
}

export function timeText(ms: number): string {
  return Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? 'no time' : new Date(ms).toISOString();
}
