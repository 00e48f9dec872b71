import { KEY_GROUPS } from '../kernel/key-group.ts';
import type { Lane } from '../worker/lane.ts';
import type { EndResult } from '../worker/protocol.ts';
import type { RunAccount } from './account.ts';
import type { Output } from './output.ts';
import type { SourceBook } from './source-book.ts';
import type { Stop } from './stop.ts';

/**
 * When all inputs have come to their end, calls what the handler has for that, for each key with a state: one key group after
 * the other, whichever lane has it.
 *
 * How far that is stands with the positions of the sources, in the same commits: so a run that is killed on the way goes on
 * with the group where it was, and one that has read nothing new since has nothing to do.
 */

/** The id under which the journal keeps it; no source has it. */
const MARK = '(end)';

interface Mark {
  /** Events that the job had read, and the groups that were done then, from the first on. */
  readonly read: number;
  readonly groups: number;
}

/** Groups whose results may wait: so lanes work side by side, and what they give is bounded. */
const AHEAD = 16;

export interface KeyEndsOptions {
  readonly output: Output;
  readonly sources: SourceBook;
  readonly account: RunAccount;
  readonly lanes: readonly Lane[];
  readonly laneOfGroup: Uint8Array;
  readonly stop: Pick<Stop, 'requested'>;
}

/**
 * Rejects with MILLRACE_HANDLER_END where the handler fails for a key; what stands before it is put out. Where the run is to
 * stop, the groups that were not put out are left for the next one.
 */
export async function endKeys(options: KeyEndsOptions): Promise<void> {
  const { output, sources, account, lanes, laneOfGroup, stop } = options;
  const read = output.readBefore + account.read;
  const mark = output.positions[MARK] as Mark | undefined;
  const first = mark?.read === read ? mark.groups : 0;
  const ahead: Promise<EndResult>[] = [];
  let asked = first;
  for (let group = first; group < KEY_GROUPS && !stop.requested; group++) {
    for (; asked < KEY_GROUPS && asked < group + AHEAD; asked++) {
      const result = lanes[laneOfGroup[asked]!]!.end(asked);
      result.catch(() => undefined);
      ahead.push(result);
    }
    const result = await ahead.shift()!;
    const ready = output.ready();
    if (ready !== undefined) await ready;
    putOut(result, output, account);
    sources.mark(MARK, { read, groups: group + 1 } satisfies Mark);
    output.endChunk(result.events);
  }
}

function putOut(result: EndResult, output: Output, account: RunAccount): void {
  const { events, bytes, keys, ends, emitted, state, ...tallies } = result;
  if (keys.length > 0) output.ends?.({ keys, bytes, ends, emitted });
  output.append(bytes, 0, bytes.length);
  account.written += events;
  account.bytesWritten += bytes.length;
  for (const { topic, lines, bytes: texts } of emitted) {
    output.emit(topic, texts, 0, texts.length, lines.length);
    account.emitted += lines.length;
  }
  if (state !== undefined) output.changeState(state.bytes, state.bytes.length, state.count);
  account.addTallies({ ways: { inPart: 0, whole: 0 }, ...tallies });
}
