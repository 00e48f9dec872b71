import { readFileSync } from 'node:fs';
import type { Pacer } from '../replay/pacer.ts';

/**
 * The keys that steer a replay: read from the terminal, without waiting for Enter.
 *
 * While keys are read so, the terminal sends no signals for Ctrl-C, Ctrl-Z and Ctrl-\, so that is done here. The terminal is as it
 * was before whenever the process ends or is stopped: node restores it at the end, also after a crash, and where a signal ends the
 * process it is done before that, here and in signals.ts.
 */

export interface KeyHooks {
  readonly pacer: Pacer;
  readonly quit: () => void;
  /** Told that something was changed, which is to be shown. */
  readonly onChange: () => void;
  /** Told before the process is stopped (Ctrl-Z): what was drawn is to be taken away. */
  readonly onStop: () => void;
}

/** Speeds that + and - go through. */
const SPEEDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, Number.POSITIVE_INFINITY];

// oxlint-disable-next-line no-control-regex -- keys that are no characters are sent so
const KEY = /\u001b\[[\d;]*[A-Za-z~]|\u001bO[A-Z]|[^]/gu;

const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  '\u0003': 'SIGINT',
  '\u001a': 'SIGTSTP',
  '\u001c': 'SIGQUIT',
};

/** Reads keys until it is released; does nothing where standard input is no terminal that is ours. */
export function readKeys(hooks: KeyHooks): { readonly isOn: boolean; readonly release: () => void } {
  const { stdin } = process;
  const isOn = stdin.isTTY === true && process.stderr.isTTY === true && isInForeground();
  const setRaw = (isRaw: boolean): void => {
    if (isOn) stdin.setRawMode(isRaw);
  };
  const onKeys = (text: string): void => {
    for (const [key] of text.matchAll(KEY)) takeKey(key, hooks);
  };
  let wasPaused = false;
  const onStop = (): void => {
    wasPaused = hooks.pacer.isPaused;
    hooks.pacer.pause();
    hooks.onStop();
    setRaw(false);
    process.kill(process.pid, 'SIGSTOP');
  };
  const onContinue = (): void => {
    setRaw(isInForeground());
    if (!wasPaused) hooks.pacer.resume();
    hooks.onChange();
  };
  const onQuit = (): void => {
    process.off('SIGQUIT', onQuit);
    hooks.onStop();
    setRaw(false);
    process.kill(process.pid, 'SIGQUIT');
  };
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  process.on('SIGQUIT', onQuit);
  if (isOn) {
    setRaw(true);
    stdin.setEncoding('utf8').on('data', onKeys);
    // A terminal that is gone ends nothing by itself.
    stdin.on('error', () => undefined);
  }
  const release = (): void => {
    process.off('SIGTSTP', onStop);
    process.off('SIGCONT', onContinue);
    process.off('SIGQUIT', onQuit);
    if (!isOn) return;
    stdin.off('data', onKeys);
    setRaw(false);
    stdin.pause();
  };
  return { isOn, release };
}

/** Does what a key stands for; told of the keys one by one. */
export function takeKey(key: string, { pacer, quit, onChange }: Omit<KeyHooks, 'onStop'>): void {
  const signal = SIGNALS[key];
  if (signal !== undefined) {
    // To all of the pipeline, as the terminal would.
    process.kill(0, signal);
    return;
  }
  if (key === 'q' || key === 'Q') quit();
  else if (key === ' ' || key === 'p') togglePause(pacer);
  else if (key === 'n' || key === '\u001b[C' || key === '\u001bOC') pacer.step();
  else if (key === '+' || key === '=') pacer.setSpeed(fasterThan(pacer.speed));
  else if (key === '-' || key === '_') pacer.setSpeed(slowerThan(pacer.speed));
  else return;
  onChange();
}

function togglePause(pacer: Pacer): void {
  if (pacer.isPaused) pacer.resume();
  else pacer.pause();
}

export function fasterThan(speed: number): number {
  return SPEEDS.find(other => other > speed) ?? speed;
}

export function slowerThan(speed: number): number {
  return SPEEDS.findLast(other => other < speed) ?? speed;
}

/** Whether the terminal is ours to read from; a job in the background would be stopped. Where that is not known, it is. */
function isInForeground(): boolean {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [, , group, , , foreground] = fields;
    return group === foreground;
  } catch {
    return true;
  }
}
