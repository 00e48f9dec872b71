import { lstatSync } from 'node:fs';
import { MillraceError } from '../base/errors.ts';
import { isTopicName } from '../base/names.ts';
import type { SourceSpec } from '../source/contract.ts';
import { type InputOptions, resolveInputs } from '../source/table.ts';
import { topicSource } from '../source/topic.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';

/** What `millrace replay` can read: topics by their bare names, and all inputs of `millrace run` that have an end. */
export type Input =
  | {
      readonly kind: 'topic';
      /** As an input of a run. */
      readonly input: string;
      readonly name: string;
      readonly reader: TopicReader;
      /** Another reader of it. */
      readonly reopen: () => Promise<TopicReader>;
    }
  | { readonly kind: 'source'; readonly input: string; readonly name: string; readonly spec: SourceSpec };

/** Finds what `names` stand for, each input once. Rejects where there is no such thing, or it cannot be replayed. */
export async function findInputs(
  names: readonly string[],
  store: string,
  reading: InputOptions,
  tell: (note: string) => void,
): Promise<Input[]> {
  const openTopic = (name: string, other = store): Promise<TopicReader> =>
    TopicReader.open(realDisk, other, name);
  const found: Input[] = [];
  for (const name of names) {
    const named = /^topic:([^@]+)(?:@(.+))?$/.exec(name);
    if (named !== null && isTopicName(named[1]!)) {
      const reopen = (): Promise<TopicReader> => openTopic(named[1]!, named[2]);
      found.push({ kind: 'topic', input: name, name, reader: await reopen(), reopen });
      continue;
    }
    const reader = isTopicName(name) ? await topicNamed(name, store, tell) : undefined;
    if (reader !== undefined) {
      found.push({ kind: 'topic', input: `topic:${name}`, name, reader, reopen: () => openTopic(name) });
      continue;
    }
    const { specs } = await resolveInputs([name], { ...reading, follow: false }, { tell, openTopic });
    for (const spec of specs) {
      if (spec.live) throw liveInput(spec.name);
      await spec.check();
      found.push({ kind: 'source', input: name, name: spec.name, spec });
    }
  }
  return eachOnce(found);
}

/** What is read of an input. */
export function specOf(input: Input): SourceSpec {
  if (input.kind === 'source') return input.spec;
  return topicSource(input.input, async () => input.reader, { follow: false });
}

/** There is one position for each id: what is named twice could not go on in both places. */
function eachOnce(inputs: readonly Input[]): Input[] {
  const known = new Set<string>();
  return inputs.filter(input => {
    const { id } = specOf(input);
    if (id === undefined) return true;
    const isNew = !known.has(id);
    known.add(id);
    return isNew;
  });
}

/** The topic of this name, where there is one; a file of the same name must be written otherwise. */
async function topicNamed(
  name: string,
  store: string,
  tell: (note: string) => void,
): Promise<TopicReader | undefined> {
  const isFile = isAnything(name);
  try {
    const reader = await TopicReader.open(realDisk, store, name);
    if (isFile) tell(`"${name}" is taken for the topic; write "./${name}" for the file`);
    return reader;
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MILLRACE_TOPIC_NOT_FOUND') throw error;
    if (isFile) return undefined;
    throw new MillraceError('MILLRACE_TOPIC_NOT_FOUND', `${error.message}, and no file of that name`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

/** Whether there is something at the path, be it a link that leads nowhere: what is wrong with it is told where it is opened. */
function isAnything(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function liveInput(name: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `cannot replay "${name}": what is sent there comes but once`, {
    hint: 'run it into a topic, and replay that',
  });
}
