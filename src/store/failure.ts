import { type ErrorCode, MillraceError, reasonOf, systemCode } from '../base/errors.ts';
import { stateJobOf, topicOfDead } from '../base/names.ts';

/** The errors of the store, worded in one place. */

/** What a failed system call on the store means to the user; any other error is a bug, and stays what it is. */
export function diskError(
  code: 'MILLRACE_STORE_WRITE' | 'MILLRACE_STORE_READ',
  what: string,
  error: unknown,
): unknown {
  if (error instanceof MillraceError || systemCode(error) === undefined) return error;
  const action = code === 'MILLRACE_STORE_WRITE' ? 'write' : 'read';
  return new MillraceError(code, `cannot ${action} ${what}: ${reasonOf(error)}`, {
    hint:
      code === 'MILLRACE_STORE_WRITE'
        ? 'what was committed is safe; see to the disk, then run the same command again to go on'
        : 'see to the disk, then try again',
    cause: error,
  });
}

export function corrupt(message: string): MillraceError {
  return new MillraceError('MILLRACE_STORE_CORRUPT', message, {
    hint: 'nothing was changed; `millrace verify` shows the extent: restore a copy of the store, or see `millrace repair`',
  });
}

export function tooShort(message: string): MillraceError {
  const code: ErrorCode = 'MILLRACE_STORE_SHORT';
  return new MillraceError(code, message, {
    hint: 'committed events are lost: restore the file from a copy, see `millrace repair`, or start the job over with --fresh',
  });
}

/** Names that are listed in a hint; more of them nobody would read. */
const LISTED_MAX = 20;

/** What a topic may hold: by which name whoever asks knows it, and how it is said that there is none. */
interface Kind {
  readonly nameOf: (topic: string) => string | undefined;
  readonly none: (name: string) => string;
  /** What stands before the names of others, and what is said where there are none either. */
  readonly others: string;
  readonly noOthers: string;
}

const KINDS: readonly Kind[] = [
  {
    nameOf: topicOfDead,
    none: name => `are no dead letters of a topic "${name}"`,
    others: 'there are some of',
    noOthers: 'no topic of the store has any',
  },
  {
    nameOf: stateJobOf,
    none: name => `is no state of a job "${name}"`,
    others: 'there is that of',
    noOthers: 'no job of the store has one',
  },
  {
    nameOf: topic => topic,
    none: name => `is no topic "${name}"`,
    others: 'there are',
    noOthers: 'the store has no topics; --store names another one',
  },
];

/** Of the store's `topics` none is `topic`. */
export function noTopic(store: string, topic: string, topics: readonly string[]): MillraceError {
  const kind = KINDS.find(({ nameOf }) => nameOf(topic) !== undefined)!;
  const message = `there ${kind.none(kind.nameOf(topic)!)} in "${store}"`;
  const { nameOf, others, noOthers } = topics.length > 0 ? kind : KINDS.at(-1)!;
  const names = topics.map(nameOf).filter(name => name !== undefined);
  const more = names.length - LISTED_MAX;
  const rest = more > 0 ? ` and ${more} more, which "millrace topics" lists` : '';
  const hint = names.length === 0 ? noOthers : `${others}: ${names.slice(0, LISTED_MAX).join(', ')}${rest}`;
  return new MillraceError('MILLRACE_TOPIC_NOT_FOUND', message, { hint });
}

/** Nothing of a store is in the directory, or there is none. */
export function noStore(store: string): MillraceError {
  return new MillraceError('MILLRACE_TOPIC_NOT_FOUND', `there is no store in "${store}"`, {
    hint: 'check the path: --store names the directory, or MILLRACE_STORE; a run makes one when it begins',
  });
}

/** Retention has taken the event at `offset`. */
export function notKept(topic: string, offset: number, earliest: number): MillraceError {
  return new MillraceError(
    'MILLRACE_OFFSET_NOT_KEPT',
    `offset ${offset} of the topic "${topic}" is no longer kept; the earliest is ${earliest}`,
    { hint: `begin at ${earliest} or later` },
  );
}

export function startedOver(topic: string): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_CHANGED',
    `the topic "${topic}" was started over while it was read`,
    {
      hint: 'read it again from its new beginning',
    },
  );
}

/** A repair could not tell how far the sources of a job were read. */
export function positionsLost(job: string): MillraceError {
  return new MillraceError(
    'MILLRACE_POSITIONS_LOST',
    `how far the sources of the job "${job}" were read was lost with a damaged journal`,
    {
      hint: 'start it over with --fresh, or see `millrace repair --help` for --keep-positions; its topics can be read as they are',
    },
  );
}

/** A repair has cut changes out of the state of a job's keys. */
export function stateLost(job: string): MillraceError {
  return new MillraceError(
    'MILLRACE_POSITIONS_LOST',
    `changes to the state of the keys of the job "${job}" were lost, and what is left of it does not belong to its positions`,
    {
      hint: 'start it over with --fresh; or `millrace repair TOPIC --keep-positions --yes` lets it go on with older values, or none, for some keys',
    },
  );
}
