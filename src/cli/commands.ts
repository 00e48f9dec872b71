import type { Command } from 'commander';

/** One row for each command; its code is loaded when it is called. */
export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
  /** Whether it takes worker threads, of which the first is started while the command is being loaded. */
  readonly takesThreads?: boolean;
}

export interface CommandModule {
  /** Adds arguments, options and examples to `command`, and what it does; the result is the exit status. */
  readonly define: (command: Command, exitWith: (status: number) => void) => void;
}

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'run',
    summary: 'run a handler over events, into a topic or to standard output',
    load: () => import('./run-command.ts'),
    takesThreads: true,
  },
  {
    name: 'cat',
    summary: 'print the committed events of a topic, as they are',
    load: () => import('./cat-command.ts'),
  },
  {
    name: 'tail',
    summary: 'print the last events of a topic, and go on as they come',
    load: () => import('./tail-command.ts'),
  },
  {
    name: 'replay',
    summary: 'play events again at the pace at which they happened',
    load: () => import('./replay-command.ts'),
  },
  {
    name: 'dead',
    summary: 'list and show the dead letters of a topic, and handle their events again',
    load: () => import('./dead-command.ts'),
  },
  {
    name: 'inspect',
    summary: 'tell what inputs are like: rate, sizes, fields, keys, order by time',
    load: () => import('./inspect-command.ts'),
  },
  {
    name: 'state',
    summary: 'print what a job remembers for its keys',
    load: () => import('./state-command.ts'),
  },
  {
    name: 'send',
    summary: 'send lines to a millrace that listens, until they are committed',
    load: () => import('./send-command.ts'),
  },
  {
    name: 'gen',
    summary: 'make events to try, test and measure with: the same ones for the same seed',
    load: () => import('./gen-command.ts'),
  },
  {
    name: 'prune',
    summary: 'remove the oldest events of topics that nobody writes just now',
    load: () => import('./prune-command.ts'),
  },
  {
    name: 'compact',
    summary: 'keep the last event of each key, or compress, in topics that nobody writes just now',
    load: () => import('./compact-command.ts'),
  },
  { name: 'topics', summary: 'list the topics of the store', load: () => import('./topics-command.ts') },
  {
    name: 'verify',
    summary: 'check every checksum and count in the store',
    load: () => import('./verify-command.ts'),
  },
  {
    name: 'repair',
    summary: 'show what can be saved of a damaged store, and save it',
    load: () => import('./repair-command.ts'),
  },
  {
    name: 'export',
    summary: 'write a topic to a file or to standard output, so that it can be moved',
    load: () => import('./export-command.ts'),
  },
  {
    name: 'import',
    summary: 'make a topic of an export, or of plain NDJSON',
    load: () => import('./import-command.ts'),
  },
  {
    name: 'rm',
    summary: 'remove topics, with the jobs that write them',
    load: () => import('./rm-command.ts'),
  },
  {
    name: 'test',
    summary: 'run the example cases beside handlers, and show what differs',
    load: () => import('./test-command.ts'),
  },
  {
    name: 'bench',
    summary: 'measure handlers: how fast, which is faster, where the time goes',
    load: () => import('./bench-command.ts'),
  },
  {
    name: 'init',
    summary: 'write a handler to begin with, and its cases, into a new directory',
    load: () => import('./init-command.ts'),
  },
];
