import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { dial, heard, pem, talk, withListener } from './listener.ts';

/** Sockets that take a line for an event, with the built program. */

const TLS = ['--tls-cert', pem('server.pem'), '--tls-key', pem('server.key')];

describe('lines that come over a socket', () => {
  test.for<[string, string, string[]]>([
    ['tcp', 'tcp://127.0.0.1:0', []],
    ['unix', 'unix:in.sock', []],
    ['tls', 'tls://127.0.0.1:0', TLS],
  ])('are in the topic, and acknowledged: %s', ([, input, args], context) =>
    withListener(async listener => {
      await listener.start([input], { args: ['--ack', ...args] });
      const address = listener.addresses[0]!.replace('unix:', `unix:${listener.directory}/`);
      expect(await talk(address, '{"n":1}\n{"n":2}')).toMatch(/^(\{"committed":1\}\n)?\{"committed":2\}\n$/);
      expect(await talk(address, '')).toBe('');
      // Who is cut off while saying who it is has sent no event.
      expect(await talk(address, '{"produ')).toBe('');
      expect(await listener.lines()).toEqual(['{"n":1}', '{"n":2}']);
      expect(await listener.stop()).toBe(143);
      expect(await listener.lines('topic.dead')).toEqual([]);
    })(context),
  );

  test(
    'come from several sources at once, and each goes on where it was',
    withListener(async listener => {
      listener.write('in.ndjson', '{"n":1}\n');
      await listener.start(['in.ndjson', 'tcp://127.0.0.1:0', 'http://127.0.0.1:0'], { args: ['--ack'] });
      const [tcp, http] = listener.addresses;
      expect(await talk(tcp!, '{"producer":"p"}\n{"n":2}\n')).toMatch(/\{"committed":1\}\n$/);
      const answer = await fetch(http!, { method: 'POST', body: '{"n":3}\n' });
      expect(answer.status).toBe(200);
      expect(await listener.stop()).toBe(143);
      expect((await listener.lines()).sort()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
      // The file is not read again, and the producer is known.
      await listener.start(['in.ndjson', 'tcp://127.0.0.1:0', 'http://127.0.0.1:0'], { args: ['--ack'] });
      expect(await talk(listener.addresses[0]!, '{"producer":"p"}\n')).toBe(
        '{"producer":"p","committed":1,"next":2}\n',
      );
      await listener.stop();
      expect(await listener.lines()).toHaveLength(3);
    }),
  );

  test(
    'of a producer are counted from where it was, also in another run',
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack'] });
      expect(await talk(listener.addresses[0]!, '{"producer":"p"}\n{"n":1}\n{"n":2}\n{"n":')).toMatch(
        /^\{"producer":"p","committed":0,"next":1\}\n(.*\n)?\{"committed":2\}\n$/,
      );
      expect(await listener.stop('SIGKILL')).toBe('SIGKILL');
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack'] });
      const address = listener.addresses[0]!;
      expect(await talk(address, '{"producer":"p","next":2}\n{"n":2}\n{"n":3}\n')).toBe(
        '{"producer":"p","committed":2,"next":2}\n{"committed":3}\n',
      );
      expect(await talk(address, '{"producer":"p","next":5}\n{"n":5}\n')).toBe(
        '{"error":"line 5 cannot come next: line 4 has not come yet","retry":false}\n',
      );
      expect(await listener.lines()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
    }),
  );

  test(
    'that are dead letters are acknowledged as well, and so are blank ones',
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', '--max-line', '100'] });
      const long = `"${'x'.repeat(5000)}"`;
      expect(await talk(listener.addresses[0]!, `{"producer":"p"}\n\n{"n":1}\nno\n${long}\n \n`)).toMatch(
        /\{"committed":5\}\n$/,
      );
      expect(await listener.lines()).toEqual(['{"n":1}']);
      expect(await listener.lines('topic.dead')).toHaveLength(2);
    }),
  );

  test(
    'of a connection that another one replaces are not there twice',
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack'] });
      const first = dial(listener.addresses[0]!);
      first.write('{"producer":"p"}\n{"n":1}\n{"n":2');
      const firstHeard = heard(first);
      await once(first, 'data');
      const second = await talk(listener.addresses[0]!, '{"producer":"p","next":1}\n{"n":1}\n{"n":2}\n');
      expect(second).toMatch(/^\{"producer":"p","committed":[01],"next":1\}\n(.*\n)?\{"committed":2\}\n$/);
      expect(await firstHeard).toMatch(/another connection has come for this producer/);
      expect(await listener.lines()).toEqual(['{"n":1}', '{"n":2}']);
    }),
  );

  test(
    'that were acknowledged are there when the run is ended while they come',
    withListener(async listener => {
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack'] });
      const socket = dial(listener.addresses[0]!);
      const said = heard(socket);
      socket.write('{"producer":"p"}\n');
      let n = 0;
      const pump = setInterval(() => {
        if (socket.writable) socket.write(Array.from({ length: 500 }, () => `{"n":${++n}}\n`).join(''));
      }, 1);
      await new Promise<void>(resolve => {
        socket.on('data', text => {
          if (/"committed":\d{3,}/.test(String(text))) resolve();
        });
      });
      const status = listener.stop();
      const text = await said;
      clearInterval(pump);
      expect(await status).toBe(143);
      const told = Number(/.*"committed":(\d+)/s.exec(text)![1]);
      const lines = await listener.lines();
      expect(lines.slice(0, told)).toEqual(Array.from({ length: told }, (_, at) => `{"n":${at + 1}}`));
      expect(lines).toHaveLength(told);
    }),
  );
});

describe('who may send', () => {
  test.for<[string, string[]]>([
    ['tcp://0.0.0.0:0', []],
    ['http://0.0.0.0:0', []],
    ['tcp://[::]:0', []],
    ['tls://0.0.0.0:0', TLS],
    ['https://0.0.0.0:0', TLS],
  ])('is not everybody: %s is refused', ([input, args], context) =>
    withListener(async listener => {
      const { status, stderr } = await listener.run(['run', '--where', 'true', input, '--to', 't', ...args]);
      expect(stderr).toContain('MILLRACE_INSECURE');
      expect(status).toBe(2);
    })(context),
  );

  test(
    'is everybody where that is wanted, or who has a token over TLS',
    withListener(async listener => {
      await listener.start(['tcp://0.0.0.0:0'], { args: ['--insecure'] });
      await listener.stop();
      await listener.start(['tls://0.0.0.0:0'], { args: TLS, env: { MILLRACE_TOKEN: 'abc' } });
      await listener.stop();
      await listener.start(['https://0.0.0.0:0'], { args: [...TLS, '--tls-ca', pem('ca.pem')] });
    }),
  );

  test(
    'is who knows the token, and says so first',
    withListener(async listener => {
      const token = listener.write('token', 's3cret-token\n');
      await listener.start(['tcp://127.0.0.1:0'], { args: ['--ack', '--token-file', token] });
      const address = listener.addresses[0]!;
      const refused = '{"error":"the token is not right","retry":false}\n';
      expect(await talk(address, '{"n":1}\n')).toBe(refused);
      expect(await talk(address, '{"token":"s3cret-toke"}\n{"n":2}\n')).toBe(refused);
      expect(await talk(address, '{"token":7}\n')).toBe(
        '{"error":"the token must be a string","retry":false}\n',
      );
      expect(await talk(address, `${'x'.repeat(100_000)}\n`)).toContain(refused);
      expect(await talk(address, '{"token":"s3cret-token"}\n{"n":3}\n')).toBe('{"committed":1}\n');
      expect(await listener.lines()).toEqual(['{"n":3}']);
      expect(await listener.lines('topic.dead')).toEqual([]);
      expect(listener.said).not.toContain('s3cret');
      const sent = await listener.run(['send', address, '-', '--retry', '1ms'], { stdin: '{"n":4}\n' });
      expect(sent.stderr).toContain('the token is not right');
      expect(sent.status).toBe(4);
      const env = { MILLRACE_TOKEN: 's3cret-token' };
      expect((await listener.run(['send', address], { stdin: '{"n":4}\n', env })).status).toBe(0);
      expect(await listener.lines()).toEqual(['{"n":3}', '{"n":4}']);
    }),
  );

  test(
    'is who has a certificate of the authority, over TLS 1.2 or later',
    withListener(async listener => {
      await listener.start(['tls://127.0.0.1:0'], { args: ['--ack', ...TLS, '--tls-ca', pem('ca.pem')] });
      const address = listener.addresses[0]!;
      const own = { cert: readFileSync(pem('sender.pem')), key: readFileSync(pem('sender.key')) };
      expect(await talk(address, '{"n":1}\n', own)).toBe('{"committed":1}\n');
      expect(await talk(address, '{"n":2}\n')).toMatch(/^\[.*\]$/s);
      const old = {
        ...own,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const;
      expect(await talk(address, '{"n":3}\n', old)).toMatch(/^\[.*\]$/s);
      const flags = [
        '--tls-ca',
        pem('ca.pem'),
        '--tls-cert',
        pem('sender.pem'),
        '--tls-key',
        pem('sender.key'),
      ];
      expect((await listener.run(['send', address, ...flags], { stdin: '{"n":4}\n' })).status).toBe(0);
      expect(await listener.lines()).toEqual(['{"n":1}', '{"n":4}']);
    }),
  );

  test(
    'is told apart from a certificate that cannot be used',
    withListener(async listener => {
      const key = listener.write('bad.key', 'no key');
      const args = ['--tls-cert', pem('server.pem'), '--tls-key', key];
      const { status, stderr } = await listener.run([
        'run',
        '--where',
        'true',
        'tls://127.0.0.1:0',
        '--to',
        't',
        ...args,
      ]);
      expect(stderr).toContain('MILLRACE_USAGE');
      expect(status).toBe(2);
    }),
  );
});

describe('a unix socket', () => {
  test(
    'is for nobody else, replaces what a killed run has left, and is gone in the end',
    withListener(async listener => {
      await listener.start(['unix:in.sock']);
      expect(statSync(listener.path('in.sock')).mode & 0o777).toBe(0o600);
      await listener.stop('SIGKILL');
      expect(statSync(listener.path('in.sock')).isSocket()).toBe(true);
      await listener.start(['unix:in.sock']);
      await talk(`unix:${listener.path('in.sock')}`, '{"n":1}\n');
      expect(await listener.stop()).toBe(143);
      expect(statSync(listener.path('in.sock'), { throwIfNoEntry: false })).toBeUndefined();
      expect(await listener.lines()).toEqual(['{"n":1}']);
    }),
  );

  test(
    'does not take the place of one that is answered on, or of a file',
    withListener(async listener => {
      const server = createServer().listen(listener.path('taken.sock'));
      await once(server, 'listening');
      writeFileSync(listener.path('file'), 'mine');
      for (const name of ['taken.sock', 'file']) {
        const { status, stderr } = await listener.run([
          'run',
          '--where',
          'true',
          `unix:${name}`,
          '--to',
          't',
        ]);
        expect(stderr).toContain('MILLRACE_LISTEN');
        expect(status).toBe(4);
      }
      server.close();
      expect(listener.read('file')).toBe('mine');
    }),
  );
});

test(
  'requests come over https from who has a certificate',
  withListener(async listener => {
    await listener.start(['https://127.0.0.1:0'], { args: [...TLS, '--tls-ca', pem('ca.pem')] });
    const post = (own: object): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { method: 'POST', ca: readFileSync(pem('ca.pem')), agent: false, ...own };
        request(`${listener.addresses[0]}/events`, options, response => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end('{"n":1}\n');
      });
    const own = { cert: readFileSync(pem('sender.pem')), key: readFileSync(pem('sender.key')) };
    expect(await post(own)).toBe(200);
    await expect(post({})).rejects.toThrow();
    expect(await listener.lines()).toEqual(['{"n":1}']);
  }),
);
