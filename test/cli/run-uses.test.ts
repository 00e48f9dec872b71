import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { define } from '../../src/cli/run-command.ts';
import { checkRunUses, type RunFacts } from '../../src/cli/run-uses.ts';
import { refusalOf } from './refusal.ts';

/** The options of `millrace run`: each is refused wherever it would be without effect. */

const FACTS: RunFacts = {
  handler: 'errors.ts',
  where: undefined,
  inputs: ['in.ndjson'],
  isToTopic: true,
  onError: 'dead-letter',
};

/** What makes a run one of a kind. */
const KINDS = {
  stored: {},
  printed: { isToTopic: false },
  filtered: { handler: undefined, where: 'n > 1' },
  selected: { handler: undefined },
  piped: { inputs: ['-'] },
  sockets: { inputs: ['in.ndjson', 'tcp://127.0.0.1:9', 'unix:in.sock'] },
  secret: { inputs: ['tls://127.0.0.1:9'] },
  requests: { inputs: ['http://127.0.0.1:9'] },
} as const satisfies Record<string, Partial<RunFacts>>;
type Kind = keyof typeof KINDS;

const ALL = Object.keys(KINDS) as Kind[];
const HANDLED = ALL.filter(kind => kind !== 'filtered' && kind !== 'selected');
const STORED = ALL.filter(kind => kind !== 'printed');
const LISTENING: readonly Kind[] = ['sockets', 'secret', 'requests'];

/** How an option is written, and in which runs it means something. */
const MEANT: readonly (readonly [option: string, kinds: readonly Kind[]])[] = [
  ['--follow', ALL],
  ['--max-unpacked 1GB', ALL],
  ['--max-unpack-ratio 9', ALL],
  ['--to there', ALL],
  ['--where n>1', ALL],
  ['--select n', ALL],
  ['--key n', ALL],
  ['--store elsewhere', ALL],
  ['--workers 2', ALL],
  ['--worker-memory 64', ALL],
  ['--on-error stop', ALL],
  ['--max-line 1kB', ALL],
  ['--summary file', ALL],
  ['--timeout 1s', ALL.filter(kind => kind !== 'selected')],
  ['--watch', HANDLED],
  ['--concurrency 2', HANDLED],
  ['--max-in-flight 2', HANDLED],
  ['--batch-size 2', HANDLED],
  ['--batch-linger 1s', HANDLED],
  ['--attempts 2', HANDLED],
  ['--rate 1/s', HANDLED],
  ['--job name', STORED],
  ['--fresh', STORED],
  ['--segment-size 1MB', STORED],
  ['--commit-interval 1s', STORED],
  ['--no-sync', STORED],
  ['--retain 1d', STORED],
  ['--compress gzip', STORED],
  ['--dead file', ['printed']],
  ['--spool', ['piped']],
  ['--ack', LISTENING],
  ['--token-file file', LISTENING],
  ['--insecure', LISTENING],
  ['--max-connections 9', LISTENING],
  ['--max-per-address 9', LISTENING],
  ['--auth-timeout 1s', LISTENING],
  ['--line-timeout 1s', LISTENING],
  ['--idle-timeout 1s', LISTENING],
  ['--connection-buffer 1MB', LISTENING],
  ['--buffer 1MB', LISTENING],
  ['--max-body 1MB', ['requests']],
  ['--tls-cert file', ['secret']],
  ['--tls-key file', ['secret']],
  ['--tls-ca file', ['secret']],
];

/** The options, with nothing done. */
function parsed(args: readonly string[]): Command {
  const command = new Command();
  define(command, () => undefined);
  return command.action(() => undefined).parse([...args], { from: 'user' });
}

/** Why the options are refused; undefined where they are not. */
function refusal(option: string, facts: Partial<RunFacts>): string | undefined {
  return refusalOf(() => checkRunUses(parsed(option.split(' ')), { ...FACTS, ...facts }));
}

describe('the options of a run', () => {
  test('are all tested', () => {
    const longs = parsed([]).options.map(({ long }) => long);
    expect(new Set(MEANT.map(([option]) => option.split(' ')[0]))).toEqual(new Set(longs));
  });

  test.each(MEANT)('%s means something in runs that are %j', (option, kinds) => {
    expect(ALL.filter(kind => refusal(option, KINDS[kind]) === undefined).sort()).toEqual([...kinds].sort());
  });

  test('mean nothing where they stand by default, or in the environment', () => {
    const command = parsed([]);
    command.setOptionValueWithSource('ack', true, 'env');
    for (const kind of ALL) checkRunUses(command, { ...FACTS, ...KINDS[kind] });
  });

  test.each([
    ['--no-sync', KINDS.printed, '--no-sync goes only with a topic; --to - writes nothing to the store'],
    ['--ack', KINDS.stored, '--ack goes only with an address among the inputs'],
    ['--tls-ca file', KINDS.sockets, '--tls-ca goes only with tls:// or https:// among the inputs'],
    ['--max-body 1MB', KINDS.sockets, '--max-body goes only with http:// or https:// among the inputs'],
    ['--dead file', KINDS.stored, '--dead goes only with --to -; dead letters go to a topic otherwise'],
    ['--dead file', { isToTopic: false, onError: 'skip' as const }, '--dead goes only with --on-error dead'],
  ])('%s in a run with %j', (option, facts, why) => {
    expect(refusal(option, facts)).toContain(why);
  });
});
