import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { freePort } from './free-port.mjs';
import { ended, withListener } from './listener.ts';

/** The examples of docs/SOCKETS.md, run against the built program, which is killed while they send. */

const LINES = Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat((n * 31) % 120)}"}`);

const ROWS: readonly [name: string, command: string][] = [
  ['send.sh', 'bash'],
  ['send.py', 'python3'],
];

for (const [name, command] of ROWS) {
  describe(`examples/${name}`, () => {
    if (spawnSync(command, ['--version']).status !== 0) {
      test.skip(`is not tested: there is no ${command}`, () => undefined);
      return;
    }

    test(
      'sends all lines once, though the server is killed, and goes on when it is run again',
      withListener(async listener => {
        const port = String(await freePort());
        const address = `tcp://127.0.0.1:${port}`;
        const args = ['--ack', '--connection-buffer', '4KiB'];
        const path = listener.write('in.ndjson', `${LINES.join('\n')}\n{"n":2`);
        const script = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
        const send = () =>
          ended(
            spawn(command, [script, '127.0.0.1', port, 'me', path], { stdio: ['ignore', 'pipe', 'pipe'] }),
          );
        await listener.start([address], { args });
        const sending = send();
        for (let kill = 0; kill < 3; kill++) {
          await listener.stop('SIGKILL');
          await listener.start([address], { args });
        }
        expect(await sending).toMatchObject({ status: 0, stderr: '20000 lines are committed\n' });
        expect(await send()).toMatchObject({ status: 0, stderr: '20000 lines are committed\n' });
        // The line that was still being written.
        listener.write('in.ndjson', `${LINES.join('\n')}\n{"n":22}\n`);
        expect(await send()).toMatchObject({ status: 0, stderr: '20001 lines are committed\n' });
        expect(await listener.stop()).toBe(143);
        expect(await listener.lines()).toEqual([...LINES, '{"n":22}']);
      }),
    );
  });
}
