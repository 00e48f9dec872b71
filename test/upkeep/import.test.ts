import { beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { SEGMENT_FRAMES_MAX } from '../../src/base/limits.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { layout } from '../../src/store/layout.ts';
import { listTopics, TopicReader } from '../../src/store/topic-reader.ts';
import { appendTopic } from '../../src/upkeep/append-topic.ts';
import { EnvelopeWriter } from '../../src/upkeep/envelope.ts';
import { exportTopic } from '../../src/upkeep/export-topic.ts';
import { type Imported, importTopic } from '../../src/upkeep/import-topic.ts';
import { filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { append, openLog } from '../support/small-store.ts';
import { emptyDisk, SMALL, STORE } from '../support/store-scenario.ts';
import { crashesDuring } from './crashes.ts';
import {
  changed,
  damageIn,
  diskOf,
  eventsIn,
  type Files,
  pathLike,
  repair,
  soundFiles,
  verified,
} from './damaged-stores.ts';

const SEGMENT_BYTES = 700;

let sound: Files;
/** The topic `out`, whole, and with a frame that a repair has cut out. */
let whole: FaultyDisk;
let holed: FaultyDisk;

beforeAll(async () => {
  sound = await soundFiles();
  whole = diskOf(sound);
  const path = pathLike(sound, '/out/00000000000000000000.ndjson');
  holed = diskOf(
    changed(sound, path, content => {
      content[9]! ^= 1;
      return content;
    }),
  );
  await repair(holed);
});

async function exported(disk: FaultyDisk, positions = true, topic = 'out', from?: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exportTopic(disk, STORE, topic, { positions, from }))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** The bytes in pieces of some length, which ends lines anywhere. */
async function* inPieces(bytes: Uint8Array, length = 37): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function importInto(disk: FaultyDisk, bytes: Uint8Array, topic = 'moved'): Promise<Imported> {
  return importTopic(disk, STORE, topic, inPieces(bytes), SEGMENT_BYTES);
}

async function timesIn(disk: FaultyDisk, topic: string): Promise<readonly (readonly [number, number])[]> {
  const times: [number, number][] = [];
  const reader = await TopicReader.open(disk, STORE, topic);
  for await (const { offset, events, time } of reader.frames())
    for (let at = offset; at < offset + events; at++) times.push([at, time]);
  return times;
}

/** The lines of an export that have an event; how often there is a check between them is not the topic's. */
function eventLines(bytes: Buffer): string[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .filter(line => line.startsWith('{"offset":'));
}

describe('importTopic', () => {
  it('gives the topic that was exported with positions: events, offsets, times, and what was lost', async () => {
    for (const from of [whole, holed]) {
      const disk = new FaultyDisk(emptyDisk());
      const imported = await importInto(disk, await exported(from));
      const events = await eventsIn(from, 'out');
      expect(await eventsIn(disk, 'moved')).toEqual(events);
      expect(imported).toMatchObject({ events: events.size, earliest: 0 });
      expect(damageIn(await verified(disk))).toEqual([]);
      const { lost, end } = (await TopicReader.open(disk, STORE, 'moved')).state;
      const state = (await TopicReader.open(from, STORE, 'out')).state;
      expect([lost, end.offset]).toEqual([state.lost, state.end.offset]);
      if (from === whole) expect(await timesIn(disk, 'moved')).toEqual(await timesIn(from, 'out'));
      expect(eventLines(await exported(disk, true, 'moved'))).toEqual(eventLines(await exported(from)));
      const segments = [...filesOf(disk.model, layout.topic(STORE, 'moved')).keys()];
      expect(segments.filter(path => path.endsWith('.ndjson')).length).toBeGreaterThan(1);
    }
  }, 60_000);

  it('keeps bytes that are no JSON and no text, and begins where the export begins', async () => {
    const from = new FaultyDisk(emptyDisk());
    const log = await openLog(from, { topics: ['out'] });
    const lines = ['{"a":1}\r', 'no "json', '"\\u2028 ü"', '  [1]'].map(line => Buffer.from(`${line}\n`));
    lines.push(Buffer.from([0xff, 0xfe, 0x0a]));
    const bytes = Buffer.concat(lines);
    log.topic('out').append(bytes, 0, bytes.length);
    log.topic('out').endChunk(lines.length);
    await log.commit(Promise.resolve({}), { ...EMPTY_ACCOUNT, read: 5, kept: 5, written: 5 });
    await log.close();
    const disk = new FaultyDisk(emptyDisk());
    await importInto(disk, await exported(from));
    expect(await exported(disk, false, 'moved')).toEqual(bytes);
    await importInto(disk, await exported(from, true, 'out', 3), 'later');
    expect([...(await eventsIn(disk, 'later')).keys()]).toEqual([3, 4]);
    expect(damageIn(await verified(disk))).toEqual([]);
  });

  it('takes plain NDJSON from offset 0, without blank lines and a byte order mark', async () => {
    const disk = new FaultyDisk(emptyDisk());
    await importInto(disk, Buffer.from('\ufeff{"a":1}\n\n \r\n[2]'));
    expect([...(await eventsIn(disk, 'moved'))]).toEqual([
      [0, '{"a":1}'],
      [1, '[2]'],
    ]);
    await importInto(disk, Buffer.alloc(0), 'empty');
    expect((await eventsIn(disk, 'empty')).size).toBe(0);
    expect(damageIn(await verified(disk))).toEqual([]);
  });

  it('begins another segment behind so many frames: one ends wherever the time changes', async () => {
    const writer = new EnvelopeWriter();
    const count = SEGMENT_FRAMES_MAX + 2;
    const lines = [writer.head({ export: 1, topic: 'out', earliest: 0, next: count })];
    for (let offset = 0; offset < count; offset++)
      lines.push(writer.event({ offset, time: 1000 + offset, event: Buffer.from('1') }));
    lines.push(writer.end(count));
    const disk = new FaultyDisk(emptyDisk());
    await importTopic(disk, STORE, 'moved', inPieces(Buffer.concat(lines), 65_536), 2 ** 30);
    const { sealed } = (await TopicReader.open(disk, STORE, 'moved')).state;
    expect(sealed.map(([segment, , events]) => [segment, events])).toEqual([
      [0, SEGMENT_FRAMES_MAX],
      [SEGMENT_FRAMES_MAX, 2],
    ]);
  });

  it('rejects an export that is cut off or changed anywhere, and leaves no topic', async () => {
    const bytes = await exported(whole);
    const random = new Random(11);
    for (let round = 0; round < 120; round++) {
      const copy = Buffer.from(bytes);
      const at = random.below(bytes.length - 1);
      if (round % 3 > 0) copy[at]! ^= 1 << random.below(7);
      const disk = new FaultyDisk(emptyDisk());
      const outcome = await importInto(disk, round % 3 > 0 ? copy : bytes.subarray(0, at)).catch(
        (error: unknown) => error,
      );
      // A first line that is none any more makes the rest plain NDJSON: that is what it is then.
      const isPlain = round % 3 > 0 && at < bytes.indexOf(0x0a);
      if (isPlain && !(outcome instanceof MillraceError)) continue;
      if (round % 3 === 0 && at <= bytes.indexOf(0x0a)) continue;
      expect(outcome, `round ${round}, byte ${at}`).toMatchObject({ code: 'MILLRACE_IMPORT' });
      expect(await listTopics(disk, STORE)).toEqual([]);
      expect(disk.openFiles).toBe(0);
      expect(damageIn(await verified(disk))).toEqual([]);
    }
  });

  it('rejects a topic that is there, and a job that has written others', async () => {
    const disk = diskOf(sound);
    await expect(importInto(disk, Buffer.from('1\n'), 'out')).rejects.toMatchObject({
      code: 'MILLRACE_TOPIC_EXISTS',
    });
    await expect(importInto(disk, Buffer.from('1\n'), 'mill')).rejects.toMatchObject({
      code: 'MILLRACE_TOPIC_EXISTS',
      message: `there is a job "mill" in "${STORE}" already`,
    });
    expect(damageIn(await verified(disk))).toEqual([]);
  });

  it('has imported all or nothing after a power failure at any moment, and starts over', async () => {
    const bytes = await exported(holed);
    const events = await eventsIn(holed, 'out');
    const start = new FaultyDisk(emptyDisk());
    await importInto(start, Buffer.from('1\n'), 'other');
    const before = filesOf(start.model);
    const running = diskOf(before);
    await importInto(running, bytes);
    let [done, undone] = [0, 0];
    for (const { disk, at } of crashesDuring(
      filesOf(diskOf(before).model),
      running.trace,
      new Random(7),
      12,
    )) {
      expect(damageIn(await verified(disk)), `after operation ${at}`).toEqual([]);
      const found = await eventsIn(disk, 'moved');
      if (found.size > 0) done++;
      else {
        undone++;
        await importInto(disk, bytes);
      }
      expect(await eventsIn(disk, 'moved'), `after operation ${at}`).toEqual(events);
      expect(damageIn(await verified(disk)), `after operation ${at}`).toEqual([]);
    }
    expect(done).toBeGreaterThan(1);
    expect(undone).toBeGreaterThan(20);
  });
});

describe('appendTopic', () => {
  it('adds what follows the end of the topic, in one commit, and nothing else', async () => {
    const disk = new FaultyDisk(emptyDisk());
    const all = await eventsIn(whole, 'out');
    await importInto(disk, await exported(whole));
    const log = await JobLog.open(whole, STORE, SMALL);
    append(log, 'out', 'more', 'and more');
    await log.commit(Promise.resolve({}), log.account);
    await log.close();
    const more = await exported(whole, true, 'out', all.size);
    await appendTopic(disk, STORE, 'moved', inPieces(more), SEGMENT_BYTES);
    expect(await eventsIn(disk, 'moved')).toEqual(await eventsIn(whole, 'out'));
    await expect(appendTopic(disk, STORE, 'moved', inPieces(more), SEGMENT_BYTES)).rejects.toMatchObject({
      code: 'MILLRACE_IMPORT',
    });
    await appendTopic(disk, STORE, 'moved', inPieces(Buffer.from('{"plain":1}\n')), SEGMENT_BYTES);
    expect([...(await eventsIn(disk, 'moved')).values()].at(-1)).toBe('{"plain":1}');
    await expect(
      appendTopic(disk, STORE, 'moved', inPieces(Buffer.from('1\n{oops')), SEGMENT_BYTES),
    ).rejects.toMatchObject({ code: 'MILLRACE_IMPORT' });
    expect((await eventsIn(disk, 'moved')).size).toBe(all.size + 3);
    expect(damageIn(await verified(disk))).toEqual([]);
    await expect(appendTopic(disk, STORE, 'none', inPieces(more), SEGMENT_BYTES)).rejects.toMatchObject({
      code: 'MILLRACE_TOPIC_NOT_FOUND',
    });
  });
});
