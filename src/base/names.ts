import { MillraceError } from './errors.ts';

/**
 * Names of topics and jobs. They become names of directories, so they are checked wherever they enter: nothing in
 * an event or on the command line can choose a path.
 */

const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** Events that could not be handled go to the topic of this name. */
export function deadTopicOf(topic: string): string {
  return `${topic}.dead`;
}

/** Returns `name` if it can name a topic or a job; throws MILLRACE_NAME otherwise. */
export function checkName(name: string, what: 'topic' | 'job'): string {
  if (NAME.test(name)) return name;
  throw new MillraceError('MILLRACE_NAME', `"${name}" cannot be the name of a ${what}`, {
    hint: 'use up to 100 lower-case letters, digits, ".", "_" and "-", with a letter or a digit first',
  });
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
