import type { Command } from 'commander';
import { EXIT, MillraceError } from '../base/errors.ts';
import { FdWriter } from '../base/fd-writer.ts';
import { checkName } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { planRemoval, type Removal, removeJob } from '../upkeep/remove-topics.ts';
import { ask, canAsk } from './ask.ts';
import { storeOption } from './store-option.ts';

/** `millrace rm`: removes topics, with the jobs that write them. */

const EXAMPLES = `
A topic goes with its job: its dead letters, the state of the keys, and how far the sources were read. What a job writes
together cannot be taken apart, so where it emits to other topics these must be named as well, or the job with --job. On a
terminal it asks; elsewhere it needs --yes. Nothing is kept: "millrace export" makes a copy.

Examples:
  millrace rm errors
  millrace rm errors alerts --yes
  millrace rm --job errors --yes`;

interface Flags {
  readonly job?: string;
  readonly yes?: boolean;
  readonly store: string;
}

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('[topic...]', 'topics to remove')
    .option('--job <job>', 'remove this job, with all that it writes')
    .option('-y, --yes', 'do not ask')
    .addOption(storeOption())
    .addHelpText('after', EXAMPLES)
    .action(async (topics: string[], { job, yes, store }: Flags) => {
      if (topics.length === 0 && job === undefined) throw nothingNamed();
      const names = topics.map(topic => checkName(topic, 'topic'));
      const plan = await planRemoval(
        realDisk,
        store,
        names,
        job === undefined ? [] : [checkName(job, 'job')],
      );
      const out = new FdWriter(1, false);
      if (yes !== true && !canAsk()) throw mustSayYes(plan);
      if (yes !== true && !(await ask(question(plan)))) {
        await out.write(Buffer.from('nothing was removed\n'));
        return exitWith(EXIT.done);
      }
      for (const removal of plan) {
        await removeJob(realDisk, store, removal.job);
        await out.write(Buffer.from(doneText(removal), 'utf8'));
      }
      exitWith(EXIT.done);
    });
}

function described({ job, topics }: Removal): string {
  const named = topics.map(({ topic, events }) => `${topic} (${events.toLocaleString('en-US')} events)`);
  return `the job ${job} with ${named.length === 0 ? 'no topics' : named.join(', ')}`;
}

function question(plan: readonly Removal[]): string {
  return `Remove ${plan.map(described).join(', and ')}?`;
}

function doneText({ job, topics, readers }: Removal): string {
  const read = readers.map(
    reader => `  the job ${reader} has read it: start that over as well (--fresh), or remove it\n`,
  );
  return `removed ${described({ job, topics, readers })}\n${read.join('')}`;
}

function nothingNamed(): MillraceError {
  return new MillraceError('MILLRACE_USAGE', 'nothing to remove was named', {
    hint: 'name topics, or a job with --job',
  });
}

function mustSayYes(plan: readonly Removal[]): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `this would remove ${plan.map(described).join(', and ')}`, {
    hint: 'nothing was removed; say so with --yes',
  });
}
