import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyRecord, emptyJob, type JournalRecord } from '../../src/store/job-state.ts';
import { type Listener, withListener } from './listener.ts';

/** Senders whose names are made for them and never come again: the built program on both sides. */

/** The producers that the journal knows, by the end of their keys. */
function producersOf(listener: Listener): string[] {
  const state = emptyJob();
  const folder = '.millrace/jobs/topic/journal';
  for (const name of readdirSync(listener.path(folder)).sort()) {
    for (const line of listener.read(join(folder, name)).split('\n').slice(0, -1)) {
      applyRecord(state, JSON.parse(line) as JournalRecord);
    }
  }
  return Object.keys(state.sources).flatMap(key => key.split(' producer ').slice(1));
}

test(
  'are forgotten when they are done, and those with a name are not',
  withListener(async listener => {
    await listener.start([`unix:${listener.path('in.sock')}`, 'http://127.0.0.1:0'], { args: ['--ack'] });
    const [lines, http] = listener.addresses as [string, string];
    listener.write('in.ndjson', '{"n":1}\n{"n":2}\n');
    const replay = ['replay', 'in.ndjson', '--speed', 'max', '--to'];
    const gen = ['gen', 'sensors', '--count', '2', '--to', lines];
    for (const command of [gen, [...replay, lines, '--ack'], [...replay, http]]) {
      for (const name of [[], ['--producer', 'named']]) {
        expect((await listener.run([...command, ...name])).status).toBe(0);
      }
    }
    // The name of a file comes again, and that of what is piped in does not.
    expect((await listener.run(['send', lines, 'in.ndjson'])).status).toBe(0);
    expect((await listener.run(['send', lines], { stdin: '{"n":3}\n' })).status).toBe(0);
    // That one has gone is told by the next commit.
    let known: string[] = [];
    for (let ticks = 0; ticks === 0 || (known.length > 3 && ticks < 10); ticks++) {
      for (const to of [[lines, '--ack'], [http]]) {
        const event = ['replay', '-', '--speed', 'max', '--producer', `tick-${ticks}`, '--to', ...to];
        await listener.run(event, { stdin: '{"n":0}\n' });
      }
      known = producersOf(listener).filter(name => !name.startsWith('tick-'));
    }
    expect(known.sort()).toEqual(['named', 'named', expect.stringMatching(/:[0-9a-f]{24}$/)]);
  }),
);
