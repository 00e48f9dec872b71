import { beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { layout } from '../../src/store/layout.ts';
import { planRepair } from '../../src/upkeep/repair-store.ts';
import { filesOf } from '../support/crash-states.ts';
import type { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { commitSteps, readState, SMALL, stateAfter, STORE, TOPICS } from '../support/store-scenario.ts';
import {
  changed,
  damageIn,
  damageSomewhere,
  diskOf,
  eventsIn,
  type Files,
  KEEP,
  pathLike,
  repair,
  STEPS,
  soundFiles,
  verified,
  without,
} from './damaged-stores.ts';

const SEED = Number(process.env['MILLRACE_REPAIR_SEED'] ?? 1);
const ROUNDS = Number(process.env['MILLRACE_REPAIR_ROUNDS'] ?? 200);
const REWIND = { rewind: true, keepPositions: false };

let sound: Files;
/** The events of each topic by their offsets, as they were committed. */
let original: Map<string, Map<number, string>>;

beforeAll(async () => {
  sound = await soundFiles();
  original = new Map();
  for (const topic of TOPICS) original.set(topic, await eventsIn(diskOf(sound), topic));
  expect([...sound.keys()].filter(path => path.endsWith('.index')).length).toBeGreaterThan(2);
});

/** What must hold of every repaired store; gives how many events are lost. */
async function expectRepaired(disk: FaultyDisk, where: string): Promise<number> {
  expect(damageIn(await verified(disk)), where).toEqual([]);
  let lost = 0;
  for (const [topic, events] of original) {
    const kept = await eventsIn(disk, topic);
    for (const [offset, event] of kept)
      expect(event, `${where}: ${topic} ${offset}`).toBe(events.get(offset));
    lost += events.size - kept.size;
  }
  const before = filesOf(disk.model);
  expect((await planRepair(disk, STORE, [], KEEP)).jobs, where).toEqual([]);
  expect(filesOf(disk.model), where).toEqual(before);
  return lost;
}

/** Goes on from where the job is, to the last step; gives the state at the end. */
async function goOn(disk: FaultyDisk) {
  const log = await JobLog.open(disk, STORE, SMALL);
  const positions = Object.values(log.sources) as readonly { readonly step: number }[];
  const step = Math.max(0, ...positions.map(position => position.step));
  await commitSteps(log, step + 1, STEPS);
  const { sources, account } = log;
  const contents: Record<string, string> = {};
  for (const topic of TOPICS)
    contents[topic] = [...(await eventsIn(disk, topic)).values()].map(line => `${line}\n`).join('');
  await log.close();
  return { sources: { ...sources }, account, contents, gone: stateAfter(0).gone };
}

/** What is damaged; or that store.json names another version now, which is nothing that may be touched. */
async function damageOrVersion(disk: FaultyDisk): Promise<readonly string[] | 'version'> {
  try {
    return damageIn(await verified(disk));
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MILLRACE_STORE_VERSION') return 'version';
    throw error;
  }
}

function segment(topic: string, index: number): string {
  const names = [...sound.keys()].filter(path => path.includes(`/${topic}/0`) && path.endsWith('.ndjson'));
  return names.at(index)!;
}

function flipped(path: string, at: number): Files {
  return changed(sound, path, content => {
    content[at < 0 ? content.length + at : at]! ^= 0x10;
    return content;
  });
}

function quarantined(disk: FaultyDisk): string[] {
  const directory = layout.quarantine(STORE);
  return [...filesOf(disk.model, directory).keys()].map(path => path.slice(directory.length + 1));
}

describe('repair', () => {
  it('finds nothing to do in a sound store, and changes nothing', async () => {
    const disk = diskOf(sound);
    const plan = await repair(disk);
    expect(plan).toEqual({ store: [], unclaimed: [], jobs: [] });
    expect(filesOf(disk.model, STORE)).toEqual(
      new Map([...sound].filter(([path]) => path.startsWith(STORE))),
    );
  });

  it('keeps the offsets of all events around a damaged frame of a sealed segment, and the damaged file', async () => {
    const path = segment('out', 0);
    const disk = diskOf(flipped(path, -2));
    const { jobs } = await repair(disk);
    const [loss] = jobs[0]!.losses;
    expect(loss!.offsets[0]).toBeGreaterThan(0);
    expect(await expectRepaired(disk, path)).toBe(loss!.offsets[1] - loss!.offsets[0]);
    expect(quarantined(disk)).toEqual([`out.${path.slice(path.lastIndexOf('/') + 1)}.1`]);
    expect((await goOn(disk)).sources).toEqual(stateAfter(STEPS).sources);
  });

  it('makes a segment that is missing one of empty lines', async () => {
    const path = segment('out', 1);
    const disk = diskOf(without(sound, path));
    const { jobs } = await repair(disk);
    expect(await expectRepaired(disk, path)).toBe(
      jobs[0]!.losses[0]!.offsets[1] - jobs[0]!.losses[0]!.offsets[0],
    );
  });

  it('tells of which lines of which source the last segment came that is damaged, and when', async () => {
    const disk = diskOf(flipped(segment('out', -1), -2));
    const [job] = (await planRepair(disk, STORE, [], KEEP)).jobs;
    expect(job!.losses[0]!.time).toBeGreaterThan(0);
    expect(job!.canRewind).toBe(true);
  });

  it('goes back to before the damage where it is told so, and the next run writes all of it again', async () => {
    for (const path of [segment('out', -1), segment('out.dead', -1)]) {
      for (const files of [
        flipped(path, -2),
        without(sound, path),
        changed(sound, path, bytes => bytes.subarray(0, -1)),
      ]) {
        const disk = diskOf(files);
        const plan = await repair(disk, REWIND);
        expect(plan.jobs[0]!.positions).toBe('rewound');
        await expectRepaired(disk, path);
        const { contents, sources, account } = await goOn(disk);
        const whole = stateAfter(STEPS);
        expect({ sources, account }).toEqual({ sources: whole.sources, account: whole.account });
        if (plan.jobs[0]!.losses.length === 0) expect(contents).toEqual(whole.contents);
      }
    }
  });

  it('rebuilds what a damaged line of the journal has said from the lines around it and the segments', async () => {
    const path = pathLike(sound, '.journal');
    const lines = Buffer.from(sound.get(path)!).toString('utf8').split('\n');
    let at = lines[0]!.length + 1;
    for (const line of lines.slice(1, -2)) {
      const disk = diskOf(flipped(path, at + 20));
      const [job] = (await repair(disk)).jobs;
      expect(job!.losses).toEqual([]);
      expect(await expectRepaired(disk, line)).toBe(0);
      at += line.length + 1;
    }
  });

  it('believes a line of the journal of which only the checksum is damaged, as the next line vouches for it', async () => {
    const path = pathLike(sound, '.journal');
    const [first, second] = Buffer.from(sound.get(path)!).toString('utf8').split('\n');
    const disk = diskOf(flipped(path, first!.length + 1 + second!.length - 4));
    const [job] = (await repair(disk)).jobs;
    expect(job!.positions).toBe('kept');
    expect(await expectRepaired(disk, 'checksum')).toBe(0);
    expect(await goOn(disk)).toEqual(stateAfter(STEPS));
  });

  it('goes back to the commit before where the last line of the journal is damaged', async () => {
    const path = pathLike(sound, '.journal');
    const disk = diskOf(flipped(path, -40));
    const [job] = (await repair(disk)).jobs;
    expect(job).toMatchObject({ positions: 'kept', losses: [] });
    await expectRepaired(disk, 'last line');
    expect(await goOn(disk)).toEqual(stateAfter(STEPS));
  });

  it('keeps what indexes prove where the journal is gone, and lets the job not go on as if it knew its positions', async () => {
    const disk = diskOf(without(sound, pathLike(sound, '.journal')));
    const [job] = (await repair(disk)).jobs;
    expect(job!.positions).toBe('lost');
    expect(job!.unproven.length).toBeGreaterThan(0);
    const lost = await expectRepaired(disk, 'no journal');
    expect(lost).toBe(job!.unproven.reduce((sum, { events }) => sum + events, 0));
    await expect(JobLog.open(disk, STORE, SMALL)).rejects.toMatchObject({ code: 'MILLRACE_POSITIONS_LOST' });
    await repair(disk, { rewind: false, keepPositions: true });
    await (await JobLog.open(disk, STORE, SMALL)).close();
    expect(damageIn(await verified(disk))).toEqual([]);
  });

  it('lets a job be started over whose positions are lost', async () => {
    const disk = diskOf(without(sound, pathLike(sound, '.journal')));
    await repair(disk);
    const log = await JobLog.open(disk, STORE, { ...SMALL, fresh: true });
    await commitSteps(log, 1, STEPS);
    expect(await readState(disk, log)).toEqual(stateAfter(STEPS));
    await log.close();
  });

  it('writes store.json and topic.json again', async () => {
    for (const name of ['store.json', 'topics/out/topic.json', 'topics/out.dead/topic.json']) {
      const path = pathLike(sound, name);
      for (const files of [
        without(sound, path),
        flipped(path, 4),
        changed(sound, path, () => Buffer.alloc(0)),
      ]) {
        const disk = diskOf(files);
        await repair(disk);
        expect(await expectRepaired(disk, name)).toBe(0);
        expect(await goOn(disk)).toEqual(stateAfter(STEPS));
      }
    }
  });

  it('cuts surplus bytes off a sealed segment', async () => {
    const path = segment('out', 0);
    const disk = diskOf(changed(sound, path, content => Buffer.concat([content, Buffer.from('{"x":1}\n')])));
    await repair(disk);
    expect(await expectRepaired(disk, path)).toBe(0);
    expect(quarantined(disk).length).toBe(1);
  });

  it(`leaves a sound store in which a run goes on, and changes no event, whatever is damaged`, async () => {
    const random = new Random(SEED);
    const outcomes = { untouched: 0, repaired: 0, positionsLost: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      let files = sound;
      for (let more = 1 + random.below(3); more > 0; more--) files = damageSomewhere(files, random);
      const where = `seed ${SEED}, round ${round}`;
      const disk = diskOf(files);
      const damaged = await damageOrVersion(disk);
      if (damaged === 'version') continue;
      const plan = await repair(disk, random.below(2) === 0 ? KEEP : REWIND);
      const isPlanned = plan.jobs.length + plan.store.length + plan.unclaimed.length > 0;
      expect(isPlanned, `${where}: ${damaged.join()}`).toBe(damaged.length > 0);
      await expectRepaired(disk, where);
      try {
        await goOn(disk);
        outcomes[isPlanned ? 'repaired' : 'untouched']++;
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'MILLRACE_POSITIONS_LOST') throw error;
        outcomes.positionsLost++;
      }
      expect(damageIn(await verified(disk)), where).toEqual([]);
      expect(disk.openFiles, where).toBe(0);
    }
    expect(outcomes.repaired).toBeGreaterThan(ROUNDS / 4);
    expect(outcomes.positionsLost).toBeGreaterThan(0);
  });
});
