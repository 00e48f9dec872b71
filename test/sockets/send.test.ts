import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { freePort } from './free-port.mjs';
import { withListener } from './listener.ts';

/** `millrace send`, with the built program on both sides. */

const LINES = Array.from({ length: 30_000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat((n * 31) % 120)}"}`);
const TEXT = `${LINES.join('\n')}\n`;

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Comes to a standstill amid the lines, until it is killed. */
const STANDSTILL = 'export default e => e.n < 10_000 ? e : new Promise(() => {});\n';

test(
  'what is sent is in the topic, though the server is killed again and again',
  withListener(async listener => {
    const random = new Random(11);
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const args = ['--ack', '--buffer', '64KiB', '--connection-buffer', '4KiB'];
    listener.write('in.ndjson', TEXT);
    await listener.start([address], { args: [...args, '--timeout', '0'], handler: STANDSTILL });
    const sending = listener.run(['send', address, 'in.ndjson']);
    let kills = 0;
    const over = new AbortController();
    void sending.then(() => over.abort());
    while (!over.signal.aborted && kills < 5) {
      await new Promise(resolve => {
        setTimeout(resolve, random.below(150));
      });
      await listener.stop('SIGKILL');
      await listener.start([address], { args });
      kills++;
    }
    const { status, stderr } = await sending;
    expect(kills).toBeGreaterThan(0);
    expect(stderr).toMatch(/^30000 lines are committed/);
    expect(status).toBe(0);
    expect(await listener.stop()).toBe(143);
    expect(hashOf(`${(await listener.lines()).join('\n')}\n`)).toBe(hashOf(TEXT));
  }),
);

test(
  'the same command goes on where it was killed, and again where the file has grown',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    const args = ['--ack', '--connection-buffer', '4KiB'];
    listener.write('in.ndjson', TEXT);
    await listener.start([address], { args });
    for (let kill = 0; kill < 4; kill++) {
      await listener.kill(['send', address, 'in.ndjson'], kill * 60);
    }
    const first = await listener.run(['send', address, 'in.ndjson']);
    expect(first.stderr).toMatch(/^30000 lines are committed/);
    listener.write('in.ndjson', `${TEXT}{"n":"more"}`);
    expect((await listener.run(['send', address, 'in.ndjson'])).stderr).toBe(
      '30001 lines are committed, 30000 of them before\n',
    );
    // Another file in its place is not the same lines.
    listener.write('in.ndjson', '{"n":"other"}\n');
    expect((await listener.run(['send', address, 'in.ndjson'])).stderr).toBe('1 lines are committed\n');
    await listener.stop();
    expect(hashOf((await listener.lines()).join('\n'))).toBe(hashOf(`${TEXT}{"n":"more"}\n{"n":"other"}`));
  }),
);

test(
  'files that a glob matches are numbered each for itself',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    await listener.start([address], { args: ['--ack'] });
    listener.write('b.ndjson', '"b1"\n"b2"\n');
    expect((await listener.run(['send', address, '*.ndjson'])).stderr).toBe('2 lines are committed\n');
    listener.write('a.ndjson', '"a1"\n');
    expect((await listener.run(['send', address, '*.ndjson'])).stderr).toBe(
      '3 lines are committed, 2 of them before\n',
    );
    expect(await listener.lines()).toEqual(['"b1"', '"b2"', '"a1"']);
  }),
);

const left = (line: number): string =>
  `millrace: cannot send line ${line} of "in.ndjson": it has no newline yet, and may go on (MILLRACE_SEND_UNFINISHED)`;

test(
  'a last line without a newline is sent when it is whole, and before that it is told',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    await listener.start([address], { args: ['--ack'] });
    const send = async (text: string, ...more: string[]) => {
      listener.write('in.ndjson', text);
      const { status, stderr } = await listener.run(['send', address, 'in.ndjson', ...more]);
      return [status, stderr.split('\n')[0]];
    };
    for (const [producer, n] of [
      [[], 1],
      [['--producer', 'me'], 5],
    ] as const) {
      const all = Array.from({ length: 4 }, (_, at) => `{"a":${n + at}0}`);
      expect(await send(all[0]!, ...producer)).toEqual([0, '1 lines are committed']);
      expect(await send(`${all[0]}\n{"a":${n + 1}`, ...producer)).toEqual([4, left(2)]);
      expect(await send(`${all.slice(0, 3).join('\n')}\n7`, ...producer)).toEqual([4, left(4)]);
      expect(await send(`${all.slice(0, 3).join('\r\n')}\r\n${all[3]}\n`, ...producer)).toEqual([
        0,
        '4 lines are committed, 3 of them before',
      ]);
    }
    const events = Array.from({ length: 8 }, (_, at) => `{"a":${at + 1}0}`);
    expect((await listener.lines()).map(line => line.trim())).toEqual(events);
  }),
);

test(
  'a line that has gone on behind what was sent of it is told, and those behind it are sent',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    await listener.start([address], { args: ['--ack'] });
    listener.write('in.ndjson', '1\n{"a":2}');
    expect((await listener.run(['send', address, 'in.ndjson'])).status).toBe(0);
    listener.write('in.ndjson', '1\n{"a":2}{"a":3}\n4\n');
    const { status, stderr } = await listener.run(['send', address, 'in.ndjson']);
    expect(stderr).toMatch(
      /^millrace: cannot send the rest of line 2 of "in.ndjson": .* \(MILLRACE_SEND_CONTINUED\)\n.*\n3 lines/,
    );
    expect(status).toBe(4);
    expect(await listener.lines()).toEqual(['1', '{"a":2}', '4']);
  }),
);

test(
  'of what is piped in without a name all is sent, and what comes behind a line that is left is not',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    await listener.start([address], { args: ['--ack'] });
    expect((await listener.run(['send', address], { stdin: '1\n2' })).status).toBe(0);
    const named = ['send', address, '-', '--producer', 'me'];
    expect((await listener.run(named, { stdin: '3\n4' })).stderr).toMatch(
      /line 2 of standard input: .*\n.*\n1 lines/,
    );
    listener.write('a.ndjson', '5\n6');
    listener.write('b.ndjson', '7\n');
    const both = ['send', address, 'a.ndjson', 'b.ndjson', '--producer', 'both'];
    expect((await listener.run(both)).stderr).toContain('line 2 of "a.ndjson", nor the files behind it');
    listener.write('a.ndjson', '5\n6\n');
    expect((await listener.run(both)).stderr).toBe('3 lines are committed, 1 of them before\n');
    expect(await listener.lines()).toEqual(['1', '2', '3', '5', '6', '7']);
  }),
);

test(
  'a send that nobody takes fails, though its input goes on',
  withListener(async listener => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const { status, stderr } = await listener.runOpen(['send', address, '--retry', '100ms']);
    expect(stderr).toContain('MILLRACE_SEND');
    expect(status).toBe(4);
  }),
);
