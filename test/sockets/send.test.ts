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

test(
  'a send that nobody takes fails, though its input goes on',
  withListener(async listener => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const { status, stderr } = await listener.runOpen(['send', address, '--retry', '100ms']);
    expect(stderr).toContain('MILLRACE_SEND');
    expect(status).toBe(4);
  }),
);
