import { barestCrash, crashStates, fingerprint } from '../support/crash-states.ts';
import { DiskModel } from '../support/disk-model.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import type { Random } from '../../src/base/random.ts';
import { buryOwners, isLock } from '../support/store-scenario.ts';
import type { Files } from './damaged-stores.ts';

/** The disks that a power failure can leave at any moment while `files` were changed by what `trace` holds. */
export function* crashesDuring(
  files: Files,
  trace: FaultyDisk['trace'],
  random: Random,
  statesMax: number,
): Generator<{ readonly disk: FaultyDisk; readonly at: number }, void, void> {
  const running = new FaultyDisk(barestCrash(DiskModel.of(files)));
  const seen = new Set<string>();
  for (let at = 0; at <= trace.length; at++) {
    for (const model of crashStates(running.model, { random, statesMax, settled: isLock })) {
      const print = fingerprint(model, isLock);
      if (seen.has(print)) continue;
      seen.add(print);
      buryOwners(model);
      yield { disk: new FaultyDisk(model), at };
    }
    if (at < trace.length) running.apply(trace[at]!);
  }
}
