import { benchAck } from './ack.ts';
import { benchGroup } from './group.ts';
import { GROUPS, type GroupName } from './groups/groups.ts';
import { benchKernel } from './kernel.ts';
import { benchMemory } from './memory.ts';
import { benchPace } from './pace.ts';
import type { BenchOptions } from './options.ts';
import { benchStartup } from './startup.ts';
import { benchStore } from './store/store.ts';
import { benchThroughput } from './throughput.ts';
import type { Workspace } from './workspace.ts';

/** Everything that can be measured, by the name that asks for it. */

export type Bench = (options: BenchOptions, workspace: Workspace) => Promise<readonly object[]>;

export const BENCHES: Readonly<Record<string, Bench>> = {
  throughput: benchThroughput,
  kernel: benchKernel,
  memory: benchMemory,
  startup: benchStartup,
  ack: benchAck,
  pace: benchPace,
  store: benchStore,
  ...Object.fromEntries(
    Object.entries(GROUPS).map(([name, group]): [GroupName, Bench] => [
      name as GroupName,
      (options, workspace) => benchGroup(group, options, workspace),
    ]),
  ),
};
