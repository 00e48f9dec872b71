import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { dial, heard, pem, talk, withListener } from './listener.ts';

/** What senders are held to, with the built program. No test measures a time: each waits for the end. */

/** Sends an event, as often as it is turned away: the other side may come to know later than this one who has gone. */
async function comeAgain(address: string): Promise<string> {
  for (;;) {
    const said = await talk(address, '{"n":1}\n');
    if (!said.includes('too many connections') && !said.startsWith('[')) return said;
  }
}

describe('a connection is ended', () => {
  test.for<[string, string[], string, string]>([
    ['whose line does not end', ['--line-timeout', '100ms'], '{"n":1}\n{"n":', 'a line took too long to end'],
    ['whose first line does not end', ['--line-timeout', '100ms'], '{"pro', 'a line took too long to end'],
    ['that says nothing', ['--idle-timeout', '100ms'], '', 'nothing came for too long'],
    ['that says nothing any more', ['--idle-timeout', '100ms'], '{"n":1}\n', 'nothing came for too long'],
  ])('%s', ([, args, text, reason], context) =>
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', ...args] });
      const socket = dial(listener.addresses[0]!);
      socket.write(text);
      const said = await heard(socket);
      expect(said).toContain(`{"error":"${reason}","retry":true}\n`);
      // What had come as a whole line before is not lost.
      const whole = text.includes('\n') ? ['{"n":1}'] : [];
      expect(said.includes('{"committed":1}')).toBe(whole.length === 1);
      expect(await listener.lines()).toEqual(whole);
    })(context),
  );

  test(
    'that does not say its token in time',
    withListener(async listener => {
      const env = { MILLRACE_TOKEN: 'abc' };
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', '--auth-timeout', '100ms'], env });
      for (const text of ['', '{"token":']) {
        const socket = dial(listener.addresses[0]!);
        socket.write(text);
        expect(await heard(socket)).toBe('{"error":"no token came in time","retry":false}\n');
      }
    }),
  );

  test(
    'that does not end its handshake in time',
    withListener(async listener => {
      const args = [
        '--auth-timeout',
        '100ms',
        '--tls-cert',
        pem('server.pem'),
        '--tls-key',
        pem('server.key'),
      ];
      // Beside it one without a handshake, whose time does not depend on the machine.
      await listener.start(['tls://127.0.0.1:0', 'unix:in.sock'], { args: ['--ack', ...args] });
      const { port } = new URL(listener.addresses[0]!.replace('tls', 'http'));
      for (const bytes of ['', '\x16\x03\x01']) {
        const socket = connect(Number(port), '127.0.0.1');
        socket.write(bytes);
        await heard(socket);
      }
      expect(await talk(`unix:${listener.path('in.sock')}`, '{"n":1}\n')).toBe('{"committed":1}\n');
    }),
  );

  test.for<[string, string[]]>([
    ['in all', ['--max-connections', '2']],
    ['from one address', ['--max-per-address', '2']],
  ])('that is one too many %s, until another one has gone', ([, args], context) =>
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', ...args] });
      const address = listener.addresses[0]!;
      const first = dial(address);
      const second = dial(address);
      await Promise.all([once(first, 'connect'), once(second, 'connect')]);
      const third = dial(address);
      expect(await heard(third)).toBe('{"error":"there are too many connections","retry":true}\n');
      first.end();
      await heard(first);
      expect(await comeAgain(address)).toBe('{"committed":1}\n');
      second.destroy();
    })(context),
  );

  test(
    'over TLS that is one too many, until another one has gone',
    withListener(async listener => {
      const args = [
        '--max-connections',
        '1',
        '--tls-cert',
        pem('server.pem'),
        '--tls-key',
        pem('server.key'),
      ];
      await listener.start(['tls://127.0.0.1:0'], { args: ['--ack', ...args] });
      const address = listener.addresses[0]!;
      const first = dial(address);
      await once(first, 'secureConnect');
      expect(await talk(address, '{"n":0}\n')).toMatch(/^\[.*\]$/s);
      first.end();
      await heard(first);
      expect(await comeAgain(address)).toBe('{"committed":1}\n');
      expect(await listener.lines()).toEqual(['{"n":1}']);
    }),
  );

  test(
    'that has the longest of many unfinished lines which take all the room, and the others go on',
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', '--buffer', '64KiB'] });
      const address = listener.addresses[0]!;
      const sockets = [10_000, 50_000, 10_000].map(length => {
        const socket = dial(address);
        socket.write(`{"pad":"${'x'.repeat(length)}`);
        return { socket, said: heard(socket) };
      });
      expect(await sockets[1]!.said).toBe('{"error":"too much is waiting already","retry":true}\n');
      for (const { socket } of [sockets[0]!, sockets[2]!]) socket.end('"}\n');
      expect(await sockets[0]!.said).toBe('{"committed":1}\n');
      expect(await sockets[2]!.said).toBe('{"committed":1}\n');
      expect(await listener.lines()).toHaveLength(2);
    }),
  );
});

test(
  'a sender that is faster than the handler waits, and all it has sent arrives',
  withListener(async listener => {
    const handler =
      'export default async e => { await new Promise(go => setTimeout(go, 1)); return { n: e.n }; };\n';
    const args = ['--ack', '--buffer', '64KiB', '--connection-buffer', '4KiB'];
    await listener.start(['tcp://127.0.0.1:0'], { args, handler });
    const text = Array.from({ length: 1500 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(900)}"}\n`).join('');
    const said = await Promise.all([1, 2, 3].map(() => talk(listener.addresses[0]!, text)));
    for (const answers of said) expect(answers).toMatch(/\{"committed":1500\}\n$/);
    expect(await listener.lines()).toHaveLength(4500);
  }),
);

test(
  'a sender that never reads its answers keeps nobody waiting',
  withListener(async listener => {
    await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack'] });
    const deaf = dial(listener.addresses[0]!);
    deaf.pause();
    deaf.write('{"n":1}\n'.repeat(50_000));
    expect(await talk(listener.addresses[0]!, '{"n":2}\n')).toBe('{"committed":1}\n');
    const said = heard(deaf);
    deaf.end();
    deaf.resume();
    expect(await said).toMatch(/\{"committed":50000\}\n$/);
  }),
);

test(
  'connections that vanish with all that they have sent give their room back',
  withListener(async listener => {
    await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', '--buffer', '64KiB'] });
    for (let n = 0; n < 12; n++) {
      const socket = dial(listener.addresses[0]!);
      socket.write(`{"producer":"p${n}"}\n"${'x'.repeat(9000)}"\n"${'x'.repeat(9000)}`);
      await once(socket, 'data');
      socket.resetAndDestroy();
    }
    expect(await talk(listener.addresses[0]!, `"${'x'.repeat(60_000)}"\n`)).toBe('{"committed":1}\n');
  }),
);
