import { MillraceError } from '../base/errors.ts';
import {
  type Asked,
  type Condition as ConditionOf,
  givenOptions,
  isAddress,
  isEncrypted,
  onlyWith,
} from './option-uses.ts';
import type { ReplayFlags } from './replay-options.ts';

/** Which options mean something in which kind of replay. */

type OptionName = keyof ReplayFlags;

type Condition = ConditionOf<ReplayFlags>;

/** Where an option means something. */
interface Use {
  /** In a replay that is no comparison; undefined for everywhere. */
  readonly goesWith?: Condition;
  /** Why it means nothing in a comparison; undefined where it does mean something. */
  readonly notInDiff?: string;
}

export function isToTopic({ to }: Pick<ReplayFlags, 'to'>): boolean {
  return to !== '-' && !isAddress(to);
}

function isToAddress(flags: ReplayFlags): boolean {
  return isAddress(flags.to);
}

function isRun(flags: ReplayFlags): boolean {
  return flags.handler !== undefined || isToTopic(flags);
}

const DIFF = { words: '--diff', holds: () => false };
const HANDLER = { words: '--handler', holds: ({ handler }: ReplayFlags) => handler !== undefined };
const RUN = { words: '--handler, or a topic in --to', holds: isRun };
const RUN_OR_WHERE = {
  words: '--where, --handler, or a topic in --to',
  holds: (flags: ReplayFlags) => isRun(flags) || flags.where !== undefined,
};
const TOPIC = { words: 'a topic in --to', holds: isToTopic };
const ADDRESS = { words: 'an address in --to', holds: isToAddress };
const NUMBERED = {
  words: 'an address in --to that is told numbers: with --ack, or http:// or https://',
  holds: (flags: ReplayFlags) => isToAddress(flags) && (flags.ack === true || /^https?:/i.test(flags.to)),
};
const ENCRYPTED = {
  words: 'tls:// or https:// in --to',
  holds: ({ to }: ReplayFlags) => isEncrypted(to),
};

const EVERYWHERE: Use = {};
const NOT_WAITING = 'it waits for nothing';
const NOT_SENDING = 'nothing is sent';
const NOT_WRITING = 'nothing is written to the store';
const PACING: Use = { notInDiff: NOT_WAITING };
const HANDLING: Use = { goesWith: RUN };
const CALLING: Use = { goesWith: HANDLER };
const WRITING: Use = { goesWith: TOPIC, notInDiff: NOT_WRITING };
const SENDING: Use = { goesWith: ADDRESS, notInDiff: NOT_SENDING };
const ENCRYPTING: Use = { goesWith: ENCRYPTED, notInDiff: NOT_SENDING };
const COMPARING: Use = { goesWith: DIFF };

export const USES: Readonly<Record<OptionName, Use>> = {
  from: EVERYWHERE,
  toTime: EVERYWHERE,
  toOffset: EVERYWHERE,
  timeField: EVERYWHERE,
  timeUnit: EVERYWHERE,
  where: EVERYWHERE,
  select: EVERYWHERE,
  store: EVERYWHERE,
  handler: EVERYWHERE,
  summary: EVERYWHERE,
  diff: EVERYWHERE,

  speed: PACING,
  maxGap: PACING,
  keys: PACING,
  to: { notInDiff: 'nothing is put out but what differs' },

  key: HANDLING,
  workers: HANDLING,
  workerMemory: HANDLING,
  maxLine: HANDLING,
  onError: { goesWith: RUN, notInDiff: 'an event that cannot be handled is compared like any other' },
  timeout: { goesWith: RUN_OR_WHERE },

  concurrency: CALLING,
  maxInFlight: CALLING,
  batchSize: CALLING,
  batchLinger: CALLING,
  attempts: CALLING,
  rate: CALLING,

  job: WRITING,
  fresh: WRITING,
  segmentSize: WRITING,
  commitInterval: WRITING,
  sync: WRITING,
  retain: WRITING,
  compress: WRITING,

  ack: SENDING,
  producer: { goesWith: NUMBERED, notInDiff: NOT_SENDING },
  tokenFile: SENDING,
  insecure: SENDING,
  retry: SENDING,
  tlsCa: ENCRYPTING,
  tlsCert: ENCRYPTING,
  tlsKey: ENCRYPTING,

  report: COMPARING,
  exact: COMPARING,
};

/** Throws MILLRACE_USAGE at the first option on the command line that would be without effect. */
export function checkUses(command: Asked, flags: ReplayFlags): void {
  for (const option of givenOptions(command)) {
    const { goesWith, notInDiff } = USES[option.attributeName() as OptionName];
    if (flags.diff !== undefined) {
      if (notInDiff !== undefined) throw notWithDiff(option.long!, notInDiff);
    } else if (goesWith?.holds(flags) === false) throw onlyWith(option.long!, goesWith.words);
  }
}

function notWithDiff(flag: string, why: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `${flag} does not go with --diff: ${why}`);
}
