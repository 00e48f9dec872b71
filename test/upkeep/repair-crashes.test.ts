import { beforeAll, describe, expect, it } from 'vitest';
import { layout } from '../../src/store/layout.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { STORE, TOPICS } from '../support/store-scenario.ts';
import { crashesDuring } from './crashes.ts';
import {
  changed,
  damageIn,
  diskOf,
  eventsIn,
  type Files,
  KEEP,
  pathLike,
  repair,
  soundFiles,
  verified,
  without,
} from './damaged-stores.ts';

/** Power failures at every moment of a repair: repairing again comes to the same, and nothing damaged is gone unkept. */

const SEED = Number(process.env['MILLRACE_CRASH_SEED'] ?? 5);
const STATES_MAX = Number(process.env['MILLRACE_CRASH_STATES'] ?? 12);

let sound: Files;

beforeAll(async () => {
  sound = await soundFiles();
});

function flipped(files: Files, part: string, at: number): Files {
  return changed(files, pathLike(files, part), content => {
    content[at < 0 ? content.length + at : at]! ^= 0x10;
    return content;
  });
}

const lastSegment = (files: Files): string =>
  [...files.keys()].filter(path => path.includes('/out/0') && path.endsWith('.ndjson')).at(-1)!;

/** How a store is damaged, and how it is repaired. */
const ROWS: readonly [name: string, damage: (files: Files) => Files, rewind: boolean][] = [
  ['a sealed segment', files => flipped(files, '/out/00000000000000000000.ndjson', 9), false],
  ['the last segment', files => flipped(files, lastSegment(files), -2), false],
  ['the last segment, going back', files => flipped(files, lastSegment(files), -2), true],
  [
    'a missing segment and the topic.json',
    files => without(flipped(files, '/out/topic.json', 4), lastSegment(files)),
    false,
  ],
  ['the journal', files => flipped(files, '.journal', 30), false],
  [
    'the journal, which is gone, and the store.json',
    files => without(flipped(files, 'store.json', 4), pathLike(files, '.journal')),
    false,
  ],
];

async function contentOf(disk: FaultyDisk): Promise<unknown> {
  const events = [];
  for (const topic of TOPICS) events.push([topic, ...(await eventsIn(disk, topic))]);
  return events;
}

describe('a repair, interrupted at any moment and begun again', () => {
  it.each(ROWS)('comes to the same: %s', async (_, damage, rewind) => {
    const files = damage(sound);
    const choices = { ...KEEP, rewind };
    const start = (): FaultyDisk => diskOf(files);
    const whole = start();
    await repair(whole, choices);
    const expected = await contentOf(whole);
    const damagedFiles = [...files].filter(
      ([path, bytes]) => sound.get(path) !== bytes && path.startsWith(STORE),
    );
    let states = 0;
    for (const { disk, at } of crashesDuring(
      filesOf(start().model),
      whole.trace,
      new Random(SEED),
      STATES_MAX,
    )) {
      await repair(disk, choices);
      expect(damageIn(await verified(disk)), `after operation ${at}`).toEqual([]);
      expect(await contentOf(disk), `after operation ${at}`).toEqual(expected);
      const kept = [...filesOf(disk.model, layout.quarantine(STORE)).values()];
      const store = [...filesOf(disk.model, STORE).values()];
      for (const [path, bytes] of damagedFiles) {
        const isKept = [...kept, ...store].some(file => Buffer.compare(file, bytes) === 0);
        expect(isKept || rewind, `${path} after operation ${at}`).toBe(true);
      }
      expect(disk.openFiles).toBe(0);
      states++;
    }
    expect(states).toBeGreaterThan(20);
  });
});
