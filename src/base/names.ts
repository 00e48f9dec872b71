import { MillraceError } from './errors.ts';

/**
 * Names of topics and jobs. They become names of directories, so they are checked wherever they enter: nothing in
 * an event or on the command line can choose a path.
 */

const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const DEAD_ENDING = '.dead';
const STATE_ENDING = '.state';

const OWN_ENDINGS = [DEAD_ENDING, STATE_ENDING];

/** Events that could not be handled go to the topic of this name. */
export function deadTopicOf(topic: string): string {
  return `${topic}${DEAD_ENDING}`;
}

/** The topic whose dead letters go to `topic`, or undefined where it is no topic of dead letters. */
export function topicOfDead(topic: string): string | undefined {
  return topic.endsWith(DEAD_ENDING) ? topic.slice(0, -DEAD_ENDING.length) : undefined;
}

/** The changes to the state of a job's keys are in the topic of this name. */
export function stateTopicOf(job: string): string {
  return `${job}${STATE_ENDING}`;
}

/** The job whose state is in `topic`, or undefined where it is no topic of state. */
export function stateJobOf(topic: string): string | undefined {
  return topic.endsWith(STATE_ENDING) ? topic.slice(0, -STATE_ENDING.length) : undefined;
}

/** The topic, and the job, in which the lines of standard input wait for the run that writes `topic` (`--spool`). */
export function inTopicOf(topic: string): string {
  return `${topic}.in`;
}

/** Returns `name` if it can name a topic or a job; throws MILLRACE_NAME otherwise. */
export function checkName(name: string, what: 'topic' | 'job'): string {
  if (what === 'topic' ? isTopicName(name) : NAME.test(name)) return name;
  throw new MillraceError('MILLRACE_NAME', `"${name}" cannot be the name of a ${what}`, {
    hint: 'use up to 100 lower-case letters, digits, ".", "_" and "-", with a letter or a digit first',
  });
}

/** The same for a topic that a job writes its events to: it must not be where another one's dead letters go. */
export function checkTopicToWrite(name: string): string {
  const ending = OWN_ENDINGS.find(own => name.endsWith(own));
  if (ending === undefined) return checkName(name, 'topic');
  throw new MillraceError(
    'MILLRACE_NAME',
    `"${name}" cannot be written to: it is the name of a topic of ${ending === DEAD_ENDING ? 'dead letters' : 'state'}`,
    {
      hint: `choose a name that does not end in "${ending}"`,
    },
  );
}

/** Whether there can be a topic of this name, whoever writes it. */
export function isTopicName(name: string): boolean {
  const ending = OWN_ENDINGS.find(own => name.endsWith(own)) ?? '';
  return NAME.test(name.slice(0, name.length - ending.length));
}

/** Whether events can be written to a topic of this name. */
export function isTopicToWrite(name: string): boolean {
  return NAME.test(name) && !OWN_ENDINGS.some(own => name.endsWith(own));
}

/** The topic that a handler writes to if none is named: its file's name without the ending, made a valid name. */
export function topicNameOf(handlerPath: string): string {
  const file = handlerPath.replace(/^.*[\\/]/, '').replace(/\.[cm]?[jt]sx?$/i, '');
  const name = file
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 90);
  return name === '' ? 'events' : name;
}
