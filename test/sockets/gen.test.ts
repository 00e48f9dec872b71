import { expect, test } from 'vitest';
import { linesOf, specOf } from '../gen/made-events.ts';
import { withListener } from './listener.ts';

/** `millrace gen --to`, with the built program on both sides. */

const LISTENING = { args: ['--ack', '--connection-buffer', '4KiB'] };

test(
  'what is made is committed, and under one name only once, though both sides are killed again and again',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    await listener.start([address], LISTENING);
    const command = ['gen', 'sensors', '--count', '30000', '--to', address, '--producer', 'p'];
    for (let kill = 0; kill < 3; kill++) {
      await listener.kill(command, 200 + kill * 150);
      await listener.stop('SIGKILL');
      await listener.start([address], LISTENING);
    }
    expect((await listener.run(command)).stderr).toMatch(/^30000 events are committed/);
    expect((await listener.run(command)).stderr).toBe('30000 events are committed, 30000 of them before\n');
    await listener.stop();
    expect(await listener.lines()).toEqual(linesOf(specOf('sensors'), 30_000));
  }),
);

test(
  'without a name each run is another one',
  withListener(async listener => {
    const address = `unix:${listener.path('in.sock')}`;
    await listener.start([address], LISTENING);
    const command = ['gen', 'sensors', '--rate', '2000/s', '--duration', '100ms', '--to', address];
    for (let run = 0; run < 2; run++) {
      const { status, stderr } = await listener.run(command);
      expect(stderr).toMatch(/^200 events are committed\n/);
      expect(status).toBe(0);
    }
    await listener.stop();
    const once = linesOf(specOf('sensors', { stepMs: 0.5 }), 200);
    expect(await listener.lines()).toEqual([...once, ...once]);
  }),
);
