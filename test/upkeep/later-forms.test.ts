import { basename } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compact, packSealed } from '../../src/store/compact.ts';
import type { Keeping } from '../../src/store/housekeeper.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { isEdition, layout } from '../../src/store/layout.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import type { OffsetRange } from '../../src/upkeep/finding.ts';
import type { Loss } from '../../src/upkeep/losses.ts';
import { planRepair } from '../../src/upkeep/repair-store.ts';
import { Random } from '../../src/base/random.ts';
import { filesOf } from '../support/crash-states.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { commitSteps, emptyDisk, EVENTS_KEPT, SMALL, STORE, TOPICS } from '../support/store-scenario.ts';
import { crashesDuring } from './crashes.ts';
import {
  changed,
  damageIn,
  diskOf,
  eventsIn,
  type Files,
  goneFiles,
  KEEP,
  pathLike,
  repair,
  soundFiles,
  STEPS,
  verified,
  without,
} from './damaged-stores.ts';

/**
 * Segments that were compressed or removed by records that a repair cannot read, or goes back behind: what their files prove
 * is kept, what retention took is not told as lost, and whatever else a repair takes away is in the quarantine.
 */

const NEVER = new AbortController().signal;
const REWIND = { rewind: true, keepPositions: false };
const LATE = { ...SMALL, journalBytesMax: 100_000 };

async function committed(disk: FaultyDisk, keeping: Keeping, from: number, to: number): Promise<void> {
  const log = await JobLog.open(disk, STORE, { ...LATE, keeping });
  for (const topic of TOPICS) await log.createTopic(topic);
  for (let step = from; step <= to; step++) {
    await commitSteps(log, step, step);
    await log.settle(NEVER);
  }
  await log.close();
}

async function keptAs(keeping: Keeping): Promise<Files> {
  const disk = new FaultyDisk(emptyDisk());
  await committed(disk, keeping, 1, STEPS);
  return filesOf(disk.model);
}

/** Each makes the files of a store in which the records of its journal's file have changed sealed segments. */
const STORES: Readonly<Record<string, () => Promise<Files>>> = {
  'compressed afterwards': async () => {
    const disk = diskOf(await soundFiles());
    await packSealed(disk, STORE, 'out', NEVER);
    return filesOf(disk.model);
  },
  'compressed while it was written': () => keptAs({ retain: undefined, compress: true }),
  pruned: () => keptAs({ retain: { events: EVENTS_KEPT }, compress: false }),
  'pruned and compressed': () => keptAs({ retain: { events: EVENTS_KEPT }, compress: true }),
  'compacted, then compressed while it was written': async () => {
    const disk = new FaultyDisk(emptyDisk());
    await committed(disk, { retain: undefined, compress: false }, 1, 5);
    await compact(disk, STORE, 'out', { key: 'at' });
    await committed(disk, { retain: undefined, compress: true }, 6, STEPS);
    return filesOf(disk.model);
  },
};

interface DamagedLine {
  readonly name: string;
  readonly files: Files;
}

/** The store with each line of its journal damaged: what it says, only its checksum, and it and all that come after it. */
function* damagedLines(files: Files): Generator<DamagedLine, void, void> {
  const path = pathLike(files, '.journal');
  const flip = (at: number): Files =>
    changed(files, path, content => {
      content[at]! ^= 0x10;
      return content;
    });
  let at = 0;
  for (const [index, line] of Buffer.from(files.get(path)!).toString().split('\n').slice(0, -1).entries()) {
    yield { name: `line ${index}`, files: flip(at + 20) };
    yield { name: `checksum of line ${index}`, files: flip(at + line.length - 4) };
    const rest = (content: Buffer): Buffer => content.fill(0x2e, at, content.lastIndexOf('\n'));
    yield { name: `lines from ${index} on`, files: changed(files, path, rest) };
    at += line.length + 1;
  }
}

/** Only what compaction has taken out may be told as lost: where the first line is damaged, nothing else tells of it. */
async function expectTaken(
  files: Files,
  topic: string,
  lost: readonly OffsetRange[],
  where: string,
): Promise<void> {
  if (lost.length === 0) return;
  const whole = await eventsIn(diskOf(files), topic);
  const isCompacted = [...files.keys()].some(
    path => path.includes(`/${topic}/`) && isEdition(basename(path)),
  );
  const told = lost.filter(
    ([from, to]) => !isCompacted || [...whole.keys()].some(at => at >= from && at < to),
  );
  expect(told, `${where}: ${topic}`).toEqual([]);
}

async function expectTakenIn(losses: readonly Loss[], files: Files, where: string): Promise<void> {
  for (const { topic, offsets } of losses) await expectTaken(files, topic, [offsets], where);
}

/** What must hold where no file with events is damaged. */
async function expectNothingLost(disk: FaultyDisk, files: Files, where: string): Promise<void> {
  const reports = await verified(disk);
  expect(damageIn(reports), where).toEqual([]);
  for (const { name, findings } of reports) {
    const lost = findings.flatMap(({ kind, offsets }) => (kind === 'lost' && offsets ? [offsets] : []));
    await expectTaken(files, name, lost, where);
  }
  for (const topic of TOPICS) {
    const whole = await eventsIn(diskOf(files), topic);
    const isThere = await TopicReader.open(disk, STORE, topic).catch(() => undefined);
    const end = isThere?.state.end.offset ?? 0;
    expect(await eventsIn(disk, topic), `${where}: ${topic}`).toEqual(
      new Map([...whole].filter(([offset]) => offset < end)),
    );
  }
  expect(goneFiles(files, disk), `${where}: neither in the store nor in the quarantine`).toEqual([]);
  const before = filesOf(disk.model);
  await repair(disk);
  expect(filesOf(disk.model), `${where}: repaired again`).toEqual(before);
}

describe.each(Object.keys(STORES))('a store that was %s', kind => {
  let files: Files;

  beforeAll(async () => {
    files = await STORES[kind]!();
    expect(damageIn(await verified(diskOf(files)))).toEqual([]);
  });

  it('loses no event that its files prove, whichever line of the journal is damaged', async () => {
    for (const line of damagedLines(files)) {
      const disk = diskOf(line.files);
      const { jobs } = await repair(disk, KEEP);
      await expectTakenIn(
        jobs.flatMap(({ losses }) => losses),
        files,
        line.name,
      );
      await expectNothingLost(disk, files, line.name);
    }
  });

  it('goes back to any commit without losing anything before it, and writes the same again', async () => {
    let rewound = 0;
    const whole = await eventsIn(diskOf(files), 'out');
    for (const line of damagedLines(files)) {
      const where = `${line.name}, going back`;
      const disk = diskOf(line.files);
      const [job] = (await repair(disk, REWIND)).jobs;
      await expectTakenIn(job?.losses ?? [], files, where);
      await expectNothingLost(disk, files, where);
      if (job?.positions !== 'rewound') continue;
      rewound++;
      const log = await JobLog.open(disk, STORE, SMALL);
      const positions = Object.values(log.sources) as readonly { readonly step: number }[];
      await commitSteps(log, 1 + Math.max(0, ...positions.map(({ step }) => step)), STEPS);
      await log.close();
      const again = await eventsIn(disk, 'out');
      for (const [offset, event] of whole) expect(again.get(offset), `${where}: ${offset}`).toBe(event);
      expect(damageIn(await verified(disk)), where).toEqual([]);
    }
    expect(rewound).toBeGreaterThan(4);
  });

  it('goes back to before a damaged segment without losing anything else', async () => {
    const paths = [...files.keys()].filter(
      path => /\.ndjson(\.gz)?$/.test(path) && files.get(path)!.length > 0,
    );
    for (const path of paths) {
      for (const at of [0.1, 0.5, 0.9]) {
        const where = `${path} at ${at}`;
        const disk = diskOf(
          changed(files, path, content => {
            content[Math.floor(at * content.length)]! ^= 0x10;
            return content;
          }),
        );
        const losses = (await repair(disk, REWIND)).jobs.flatMap(job => job.losses);
        expect(damageIn(await verified(disk)), where).toEqual([]);
        const lost = (topic: string, offset: number): boolean =>
          losses.some(loss => loss.topic === topic && offset >= loss.offsets[0] && offset < loss.offsets[1]);
        for (const topic of TOPICS) {
          const end = (await TopicReader.open(disk, STORE, topic)).state.end.offset;
          const kept = await eventsIn(disk, topic);
          for (const [offset, event] of await eventsIn(diskOf(files), topic))
            if (offset < end && !lost(topic, offset))
              expect(kept.get(offset), `${where}: ${offset}`).toBe(event);
        }
        for (const { topic } of losses) expect(path, where).toContain(`/${topic}/`);
        expect((await planRepair(disk, STORE, [], KEEP)).jobs, where).toEqual([]);
        const quarantine = [...filesOf(disk.model, layout.quarantine(STORE)).values()];
        if (losses.length > 0) expect(quarantine.length, where).toBeGreaterThan(0);
      }
    }
  });

  it('keeps in the quarantine whatever it takes away where an index is damaged as well', async () => {
    for (const path of [...files.keys()].filter(name => name.endsWith('.index'))) {
      for (const line of damagedLines(without(files, path))) {
        if (line.name.startsWith('checksum')) continue;
        const disk = diskOf(line.files);
        await repair(disk, KEEP);
        const where = `${line.name}, without ${path}`;
        expect(goneFiles(line.files, disk), where).toEqual([]);
        expect(damageIn(await verified(disk)), where).toEqual([]);
      }
    }
  });
});

describe('a repair of segments in another form, interrupted at any moment and begun again', () => {
  it.each([
    ['keeping all', KEEP, KEEP],
    ['going back', REWIND, REWIND],
    ['going back, and then keeping all', REWIND, KEEP],
  ])('comes to the same, and takes nothing away unkept: %s', async (_, choices, again) => {
    const whole = await STORES['pruned and compressed']!();
    const lines = [...damagedLines(whole)].filter(({ name }) => name.startsWith('lines'));
    const { files } = lines.at(lines.length / 2)!;
    const done = diskOf(files);
    await repair(done, choices);
    const otherwise = diskOf(files);
    await repair(otherwise, again);
    const expected = [await eventsIn(done, 'out'), await eventsIn(otherwise, 'out')];
    let states = 0;
    for (const { disk, at } of crashesDuring(filesOf(diskOf(files).model), done.trace, new Random(5), 8)) {
      await repair(disk, again);
      expect(damageIn(await verified(disk)), `after operation ${at}`).toEqual([]);
      expect(expected, `after operation ${at}`).toContainEqual(await eventsIn(disk, 'out'));
      await (await JobLog.open(disk, STORE, SMALL).catch(() => undefined))?.close();
      expect(goneFiles(files, disk), `after operation ${at}`).toEqual([]);
      states++;
    }
    expect(states).toBeGreaterThan(20);
  });
});

describe('what a damaged line of the journal had said', () => {
  it('is found in the files: a compressed segment stays where it is', async () => {
    const files = await STORES['compressed afterwards']!();
    const path = pathLike(files, '.journal');
    const [first] = Buffer.from(files.get(path)!).toString().split('\n');
    const disk = diskOf(
      changed(files, path, content => {
        content[first!.length + 21]! ^= 0x10;
        return content;
      }),
    );
    await repair(disk, KEEP);
    const packed = [...files.keys()].filter(file => file.endsWith('.gz'));
    expect(packed.length).toBeGreaterThan(2);
    for (const file of packed) expect(filesOf(disk.model).get(file), file).toEqual(files.get(file));
  });
});
