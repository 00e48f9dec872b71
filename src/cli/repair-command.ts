import type { Command } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { FdWriter, standardOutput } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import type { RepairChoices } from '../upkeep/plan-repair.ts';
import { applyRepair, planRepair, type RepairPlan } from '../upkeep/repair-store.ts';
import { verifyStore } from '../upkeep/verify-store.ts';
import { doneText, planText } from './repair-text.ts';
import { storeOption } from './store-option.ts';

/** `millrace repair`: what can be saved of a damaged store; and with --yes, saving it. */

const EXAMPLES = `
Without --yes nothing is changed: the plan is shown, and the exit status is 5 where there is damage. A repair keeps all that
is sound, at its offsets. What is damaged goes to the directory "quarantine" of the store, and is never deleted. Restoring
the store from a copy is better, where there is one.

Examples:
  millrace repair
  millrace repair errors --yes
  millrace repair errors --rewind --yes     and then the command that wrote it, to read again what is lost
  millrace repair --json | jq .jobs[].losses`;

interface Flags extends Partial<RepairChoices> {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly store: string;
}

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('[topic...]', 'topics to repair, with the jobs that write them (default: all)')
    .option('-y, --yes', 'do it')
    .option(
      '--rewind',
      'go back to the last commit before the damage, so that the next run reads the rest again',
    )
    .option('--keep-positions', 'go on from the positions and the state that are known, where some are lost')
    .option('--json', 'print the plan as one JSON object')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topics: string[], flags: Flags) => {
      const { store, rewind = false, keepPositions = false } = flags;
      const choices = { rewind, keepPositions };
      const names = topics.map(topic => checkName(topic, 'topic'));
      const plan = await planRepair(realDisk, store, names, choices);
      await print(flags, plan);
      if (isNothing(plan)) return exitWith(EXIT.done);
      if (flags.yes !== true) return exitWith(DAMAGED);
      const cuts = await applyRepair(realDisk, store, plan, choices);
      await checkDone(store, names);
      if (flags.json !== true)
        await new FdWriter(1, false).write(Buffer.from(doneText(plan, cuts, store), 'utf8'));
      exitWith(EXIT.done);
    });
}

const DAMAGED = 5;

function isNothing({ store, unclaimed, jobs }: RepairPlan): boolean {
  return store.length + unclaimed.length + jobs.length === 0;
}

async function print({ json, yes, store }: Flags, plan: RepairPlan): Promise<void> {
  if (json === true) {
    await standardOutput().write(Buffer.from(`${JSON.stringify(jsonOf(plan))}\n`, 'utf8'));
    return;
  }
  const rest = yes === true ? '' : 'nothing was changed; the same command with --yes does this\n';
  const text = isNothing(plan) ? `nothing to repair in "${store}"\n` : planText(plan) + rest;
  await new FdWriter(1, false).write(Buffer.from(text, 'utf8'));
}

function jsonOf({ store, unclaimed, jobs }: RepairPlan): object {
  const plans = jobs.map(
    ({ job, scan, topics, losses, unproven, positions, isStateLost, rewound, canRewind, files }) => ({
      job,
      damage: [...scan.findings, ...topics.flatMap(({ findings }) => findings)].filter(
        ({ kind }) => kind === 'damage',
      ),
      topicFiles: files.map(({ topic }) => topic),
      losses,
      unproven,
      positions,
      isStateLost,
      rewound,
      canRewind,
    }),
  );
  return { store, unclaimed, jobs: plans };
}

/** A repair that leaves damage behind has failed, and says so. */
async function checkDone(store: string, names: readonly string[]): Promise<void> {
  for await (const { sound, kind, name, findings } of verifyStore(realDisk, store, names)) {
    const left = findings.find(finding => finding.kind === 'damage');
    if (!sound)
      throw stillDamaged(`the ${kind} "${name}" is still damaged after the repair: ${left?.message}`);
  }
}

function stillDamaged(message: string): MillraceError {
  return new MillraceError('MILLRACE_STORE_CORRUPT', message, {
    hint: 'what was damaged is in the quarantine; run `millrace repair` again, and report this',
  });
}
