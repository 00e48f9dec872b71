import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withListener } from '../sockets/listener.ts';

/** A replay into a topic that is killed, with the built program. */

const TEXT = Array.from({ length: 2000 }, (_, n) => `{"n":${n},"ts":${1_700_000_000_000 + n * 20}}\n`).join(
  '',
);

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test(
  'goes on where it was, as a run does: nothing is lost, and nothing is there twice',
  withListener(async listener => {
    listener.write('in.ndjson', TEXT);
    const args = ['replay', 'in.ndjson', '--to', 'copy', '--commit-interval', '20ms', '--no-sync'];
    for (const afterMs of [700, 900, 1100]) await listener.kill([...args, '--speed', '5x'], afterMs);
    if (existsSync(listener.path('.millrace/topics/copy'))) {
      expect((await listener.lines('copy')).length).toBeLessThan(2000);
    }
    const { status, stderr } = await listener.run([...args, '--speed', 'max']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(hashOf(`${(await listener.lines('copy')).join('\n')}\n`)).toBe(hashOf(TEXT));
  }),
);
