import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { define } from '../../src/cli/replay-command.ts';
import type { ReplayFlags } from '../../src/cli/replay-options.ts';
import { checkUses, USES } from '../../src/cli/replay-uses.ts';
import { refusalOf } from './refusal.ts';

/** The options of `millrace replay`: each is refused wherever it would be without effect. */

/** What makes a replay one of a kind. */
const KINDS = {
  lines: [],
  sent: ['--to', 'tls://127.0.0.1:9', '--ack'],
  handled: ['--handler', 'new.ts'],
  stored: ['--to', 'topic'],
  compared: ['--handler', 'new.ts', '--diff'],
} as const;
type Kind = keyof typeof KINDS;

const ALL = Object.keys(KINDS) as Kind[];
const PLAYED: readonly Kind[] = ['lines', 'sent', 'handled', 'stored'];

/** How an option is written, and in which replays it means something. */
const MEANT: readonly (readonly [option: string, kinds: readonly Kind[]])[] = [
  ['--from 1', ALL],
  ['--to-time 14:00', ALL],
  ['--to-offset 9', ALL],
  ['--time-field ts', ALL],
  ['--time-unit ms', ALL],
  ['--where n>1', ALL],
  ['--select n', ALL],
  ['--store elsewhere', ALL],
  ['--handler other.ts', ALL],
  ['--summary file', ALL],
  ['--diff', ['lines', 'handled', 'compared']],
  ['--to -', PLAYED],
  ['--speed 2x', PLAYED],
  ['--max-gap 1s', PLAYED],
  ['--no-keys', PLAYED],
  ['--key n', ['handled', 'stored', 'compared']],
  ['--workers 2', ['handled', 'stored', 'compared']],
  ['--worker-memory 64', ['handled', 'stored', 'compared']],
  ['--max-line 1kB', ['handled', 'stored', 'compared']],
  ['--timeout 1s', ['handled', 'stored', 'compared']],
  ['--on-error stop', ['handled', 'stored']],
  ['--concurrency 2', ['handled', 'compared']],
  ['--max-in-flight 2', ['handled', 'compared']],
  ['--batch-size 2', ['handled', 'compared']],
  ['--batch-linger 1s', ['handled', 'compared']],
  ['--attempts 2', ['handled', 'compared']],
  ['--rate 1/s', ['handled', 'compared']],
  ['--job name', ['stored']],
  ['--fresh', ['stored']],
  ['--segment-size 1MB', ['stored']],
  ['--commit-interval 1s', ['stored']],
  ['--no-sync', ['stored']],
  ['--retain 1d', ['stored']],
  ['--compress gzip', ['stored']],
  ['--ack', ['sent']],
  ['--producer name', ['sent']],
  ['--token-file file', ['sent']],
  ['--insecure', ['sent']],
  ['--retry 1s', ['sent']],
  ['--tls-ca file', ['sent']],
  ['--tls-cert file', ['sent']],
  ['--tls-key file', ['sent']],
  ['--report file', ['compared']],
  ['--exact', ['compared']],
];

/** The options and what they are, with nothing done. */
function parsed(args: readonly string[]): { readonly command: Command; readonly flags: ReplayFlags } {
  const command = new Command();
  define(command, () => undefined);
  command.action(() => undefined).parse([...args], { from: 'user' });
  return { command, flags: command.opts<ReplayFlags>() };
}

/** Why the options are refused; undefined where they are not. */
function refusal(...args: readonly string[]): string | undefined {
  const { command, flags } = parsed(args);
  return refusalOf(() => checkUses(command, flags));
}

describe('the options of a replay', () => {
  test('are all in the table, and nothing else is', () => {
    const names = parsed([]).command.options.map(option => option.attributeName());
    expect(Object.keys(USES).sort()).toEqual(names.sort());
  });

  test('are all tested', () => {
    const longs = parsed([]).command.options.map(({ long }) => long);
    expect(new Set(MEANT.map(([option]) => option.split(' ')[0]))).toEqual(new Set(longs));
  });

  test.each(MEANT)('%s means something in replays that are %j', (option, kinds) => {
    // What is said last counts, so the option stands before what makes the replay one of its kind.
    const accepted = ALL.filter(kind => refusal(...option.split(' '), ...KINDS[kind]) === undefined);
    expect(accepted).toEqual(kinds);
  });

  test('mean nothing where they stand by default', () => {
    for (const kind of ALL) expect(refusal(...KINDS[kind])).toBeUndefined();
  });

  test.each([
    ['--where n>1 --timeout 1s', undefined],
    ['--to http://127.0.0.1:9 --producer name', undefined],
    ['--to tcp://127.0.0.1:9 --producer name', '--producer goes only with an address in --to that'],
    ['--to tcp://127.0.0.1:9 --ack --producer name', undefined],
    ['--to tcp://127.0.0.1:9 --tls-ca file', '--tls-ca goes only with tls:// or https:// in --to'],
    ['--to topic --handler new.ts --rate 1/s', undefined],
    ['--key n', '--key goes only with --handler, or a topic in --to'],
    ['--diff old.ts new.ts --on-error skip', '--on-error does not go with --diff: an event that'],
    ['--diff old.ts new.ts --fresh', '--fresh does not go with --diff: nothing is written to the store'],
  ])('%s', (args, why) => {
    const refused = refusal(...args.split(' '));
    if (why === undefined) expect(refused).toBeUndefined();
    else expect(refused).toContain(why);
  });
});
