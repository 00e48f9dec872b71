import { deadTopicOf } from '../base/names.ts';
import { realDisk } from '../store/disk.ts';
import { TopicReader } from '../store/topic-reader.ts';
import type { Input } from './inputs.ts';
import type { Stretch } from './pieces.ts';

/**
 * An input that is read more than once, each time from where it begins now to where it ends now: who reads it comes to the same,
 * also while somebody writes it. A compressed file is read to its end, and does not grow.
 */
export interface FixedInput {
  readonly input: Input;
  readonly stretch: Stretch;
  /** Bytes of it that are read. */
  readonly bytesMax: number;
  /** The input for one more who reads it: a topic's reader is moved on by its reading. */
  readonly reopen: () => Promise<Input>;
}

/** Fixes what lies inside `stretch` now; `store` is that of the run. */
export async function fixInput(input: Input, stretch: Stretch, store: string): Promise<FixedInput> {
  if (input.kind === 'topic') {
    const reopen = async (): Promise<Input> => ({ ...input, reader: await input.reopen() });
    return { input, stretch: within(input.reader, stretch), bytesMax: Number.POSITIVE_INFINITY, reopen };
  }
  const end = await endOfLetters(input, store);
  return {
    input,
    stretch: { ...stretch, toOffset: Math.min(stretch.toOffset, end) },
    bytesMax: (await input.spec.check()) ?? Number.POSITIVE_INFINITY,
    reopen: async () => input,
  };
}

/** The part of `stretch` that the topic has. */
function within({ state }: TopicReader, stretch: Stretch): Stretch {
  const toOffset = Math.min(stretch.toOffset, state.end.offset);
  // By the time of commits it begins with the same event, whatever is kept by then.
  if (stretch.fromMs > Number.NEGATIVE_INFINITY) return { ...stretch, toOffset };
  return { ...stretch, toOffset, fromOffset: stretch.fromOffset === 0 ? state.earliest : stretch.fromOffset };
}

/** The offset at which the dead letters end that are the input, if they are. */
async function endOfLetters({ input }: Input, store: string): Promise<number> {
  if (!input.startsWith('dead:')) return Number.POSITIVE_INFINITY;
  const reader = await TopicReader.open(realDisk, store, deadTopicOf(input.slice('dead:'.length)));
  return reader.state.end.offset;
}
