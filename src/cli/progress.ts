import progress from 'cli-progress';
import { escapeControls } from '../base/terminal.ts';
import type { RunAccount } from '../pipeline/account.ts';
import type { RunOptions, RunOutcome, RunView } from '../pipeline/run-options.ts';
import { onStderr as chalk } from './colours.ts';
import { cutText } from './cut-text.ts';
import { formatBytes, formatCount } from './format.ts';

/** What a run shows on a terminal: a bar and figures while it goes on, and the account at its end. */

const REFRESH_MS = 200;
const LOAD_BLOCKS = ' ▁▂▃▄▅▆▇█';

export interface Display {
  readonly begin: (view: RunView) => void;
  readonly end: (outcome: RunOutcome) => void;
  /** Takes the bar away; may be called at any time and again. */
  readonly stop: () => void;
}

export async function startDisplay(options: RunOptions): Promise<Display> {
  const figures = '{rate}/s  {bytes}  {dead}  lanes {load}';
  const bar = new progress.SingleBar({
    stream: process.stderr,
    format: ({ barsize = 0, barCompleteString = '', barIncompleteString = '' }, params, payload) => {
      const line = figures.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        String((payload as Record<string, unknown>)[name]),
      );
      if (params.total <= 0) return `  ${line}`;
      const done = Math.round(Math.min(1, params.progress) * barsize);
      const drawn = barCompleteString.slice(0, done) + barIncompleteString.slice(0, barsize - done);
      return `  ${chalk.cyan(drawn)} ${Math.floor(Math.min(1, params.progress) * 100)}%  ${line}`;
    },
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    linewrap: false,
  });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    bar.stop();
  };
  return {
    begin(view) {
      tellStart(options, view);
      const meter = new Meter(view);
      bar.start(view.inputBytes()?.total ?? 0, 0, meter.look());
      timer = setInterval(() => {
        const { inputBytes, account } = view;
        const input = inputBytes();
        if (input !== undefined) bar.setTotal(input.total);
        bar.update(input === undefined ? 0 : input.earlier + account.bytesRead, meter.look());
      }, REFRESH_MS).unref();
    },
    end(outcome) {
      stop();
      process.stderr.write(closingAccount(options, outcome));
    },
    stop,
  };
}

function tellStart(options: RunOptions, view: RunView): void {
  const { to, inputs } = options;
  const isRetry = inputs.every(input => input.startsWith('dead:'));
  if (to.kind === 'log' && view.resumed && !isRetry) {
    process.stderr.write(chalk.dim(`  going on where the job "${to.job}" stopped; --fresh starts it over\n`));
  }
  for (const cut of view.cuts) process.stderr.write(chalk.yellow(`  ${cutText(cut)}\n`));
}

/** Rates since the last look. */
class Meter {
  readonly #view: RunView;
  #sinceMs = performance.now();
  #read = 0;
  #busyMs: number[];

  constructor(view: RunView) {
    this.#view = view;
    this.#busyMs = view.lanes.map(() => 0);
  }

  look(): Record<string, string> {
    const { account, lanes } = this.#view;
    const now = performance.now();
    const elapsedMs = Math.max(1, now - this.#sinceMs);
    const rate = ((account.read - this.#read) / elapsedMs) * 1000;
    const loads = lanes.map((lane, index) => Math.min(1, (lane.busyMs - this.#busyMs[index]!) / elapsedMs));
    this.#sinceMs = now;
    this.#read = account.read;
    this.#busyMs = lanes.map(lane => lane.busyMs);
    return {
      rate: formatCount(rate),
      bytes: formatBytes(account.bytesRead),
      dead: account.dead === 0 ? '0 dead' : chalk.yellow(`${formatCount(account.dead)} dead`),
      load: loads.map(load => LOAD_BLOCKS[Math.round(load * (LOAD_BLOCKS.length - 1))]).join(''),
    };
  }
}

function exact(count: number): string {
  return count.toLocaleString('en-US');
}

/** How events were decoded, where that was not just whole. */
function decoding({ read, inPart, whole }: RunAccount): string {
  const none = read - inPart - whole;
  const ways = [
    inPart > 0 ? `${exact(inPart)} in part` : '',
    whole > 0 ? `${exact(whole)} whole` : '',
    none > 0 ? `${exact(none)} not at all` : '',
  ].filter(way => way !== '');
  return whole === read ? '' : `decoded ${ways.join(', ')}`;
}

/** What the handler has counted, and how often its cache had what was asked for. */
function tallies({ counts, cacheHits, cacheMisses }: RunAccount): string[] {
  const counted = [...counts].map(([name, by]) => `${escapeControls(name)} ${exact(by)}`);
  const asked = cacheHits + cacheMisses;
  return [
    ...(counted.length === 0 ? [] : [`counted ${counted.join(', ')}`]),
    ...(asked === 0
      ? []
      : [`cache: ${Math.floor((cacheHits / asked) * 100)} % of ${exact(asked)} were there`]),
  ];
}

/** What is done with the events: the handler's file, or the conditions that stand in its place. */
function workName({ handler, where, select }: RunOptions): string {
  if (handler !== undefined) return handler;
  const flags = [
    where === undefined ? '' : `--where '${where}'`,
    select === undefined ? '' : `--select ${select}`,
  ];
  return flags.filter(flag => flag !== '').join(' ');
}

/** Keys that alone keep a worker busier than its share: however many there are, one of them has to handle all of such a key. */
function hotKeys({ workers }: RunOptions, outcome: RunOutcome): string[] {
  return outcome.hotKeys
    .filter(({ share }) => workers.max > 1 && share > 1 / workers.max)
    .map(({ key, share }) => `the key ${JSON.stringify(key)} has ${Math.round(share * 100)}% of the events`)
    .map(line => chalk.yellow(escapeControls(line)));
}

/** The account, closed: where every event went. */
export function closingAccount(options: RunOptions, outcome: RunOutcome): string {
  const { to } = options;
  const { account, seconds, interrupted } = outcome;
  const target = to.kind === 'log' ? `topic ${chalk.bold(to.topic)}` : 'standard output';
  const dead = account.dead === 0 ? 'dead 0' : chalk.yellow(`dead ${exact(account.dead)}`);
  const lines = [
    `${chalk.bold(escapeControls(workName(options)))} → ${target} in ${seconds.toFixed(seconds < 10 ? 2 : 1)} s${interrupted ? chalk.yellow(', interrupted') : ''}`,
    `read ${exact(account.read)} = kept ${exact(account.kept)} + dropped ${exact(account.dropped)} + ${dead}`,
    `wrote ${exact(account.written)} events, ${formatBytes(account.bytesWritten)}; read ${formatBytes(account.bytesRead)}, ${formatCount(account.read / seconds)} events/s`,
  ];
  const how = decoding(account);
  if (how !== '') lines.push(how);
  lines.push(...tallies(account), ...hotKeys(options, outcome));
  if (account.blank > 0) lines.push(`${exact(account.blank)} blank lines`);
  if (account.dead > 0 && to.kind === 'log' && options.onError === 'dead-letter') {
    lines.push(`see the dead letters: millrace dead list ${to.topic}`);
  }
  if (interrupted && to.kind === 'log') lines.push('the same command goes on from here');
  return `${lines.map(line => `  ${line}`).join('\n')}\n`;
}
