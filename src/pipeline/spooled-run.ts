import { inTopicOf } from '../base/names.ts';
import { Gate } from '../base/gate.ts';
import { CHUNK_BYTES, CHUNKS_EXTRA } from '../base/limits.ts';
import { MillraceError } from '../base/errors.ts';
import { countLines } from '../source/line-buffer.ts';
import { stdinSource } from '../source/stdin.ts';
import { RunAccount } from './account.ts';
import { ChunkPool } from './chunk-pool.ts';
import { slotBytesFor } from './chunk.ts';
import { Feed } from './feed.ts';
import { LogOutput } from './log-output.ts';
import type { CommitView, Output } from './output.ts';
import { run } from './run.ts';
import type { RunHooks, RunOptions, RunOutcome, ToLog } from './run-options.ts';
import { SourceBook } from './source-book.ts';
import type { ReadChunk } from './scatter.ts';
import { Stop } from './stop.ts';
import { deadLetter, deadMembers, LINE_CONTINUED } from '../worker/dead-letter.ts';

/**
 * A run whose standard input is first committed, line by line as it came, to a topic of its own (`--spool`). The run
 * itself follows that topic, so what was read once is never lost, and what was not handled is handled the next time.
 */
export async function spooledRun(options: RunOptions, to: ToLog, hooks: RunHooks): Promise<RunOutcome> {
  const topic = inTopicOf(to.topic);
  const ended = new AbortController();
  const failed = new AbortController();
  const interrupted = AbortSignal.any([hooks.interrupted, failed.signal]);
  const ready = new Gate();
  const spooling = spool(options, { ...to, topic, job: topic }, interrupted, ready.open).finally(() => {
    ready.open();
    ended.abort();
  });
  // Seen below, also where the run fails first.
  spooling.catch(() => undefined);
  await ready.pass();
  const inputs = options.inputs.map(input => (input === '-' ? `topic:${topic}` : input));
  const growing = new Map([[`topic:${topic}`, ended.signal]]);
  const running = run({ ...options, inputs }, { ...hooks, growing });
  try {
    const { account, ...outcome } = await running;
    const dead = await spooling;
    account.read += dead;
    account.dead += dead;
    return { ...outcome, account };
  } catch (error) {
    failed.abort();
    await spooling;
    throw error;
  }
}

/** Nothing is done with the lines but to write them. */
function hasRoom(): boolean {
  return true;
}

/**
 * Commits the lines of standard input to `to`, until it ends or `interrupted` is aborted. Gives the number of dead letters: the rest
 * of a line that was spooled when it had no newline yet is no line by itself.
 */
async function spool(
  { lineBytesMax }: RunOptions,
  to: ToLog,
  interrupted: AbortSignal,
  onReady: () => void,
): Promise<number> {
  const account = new RunAccount();
  const pool = new ChunkPool(CHUNKS_EXTRA, slotBytesFor(lineBytesMax), 0);
  const gate = new Gate();
  const stop = new Stop(gate, pool);
  const sources = new SourceBook([]);
  // Whoever handles the lines waits for them.
  // Lines that were not handled yet must not go.
  const keeping = { ...to.keeping, retain: undefined };
  const view: CommitView = { take: () => sources.take(), isAwaited: () => true, account };
  const output = await LogOutput.open({ ...to, keeping, onFailure: stop.fail, interrupted }, view);
  onReady();
  interrupted.addEventListener('abort', stop.request);
  if (interrupted.aborted) stop.request();
  try {
    const { positions } = output;
    const specs = [stdinSource()];
    const feed = new Feed({
      specs,
      discovery: undefined,
      positions,
      sources,
      pool,
      lineBytesMax,
      hasRoom,
      chunkBytes: () => CHUNK_BYTES,
      gate,
      stop,
    });
    for await (const fed of feed.all()) {
      const { source } = fed;
      if (fed.kind === 'source-end') {
        sources.finish(source);
        output.endSource();
        continue;
      }
      const waiting = output.ready();
      if (waiting !== undefined) await waiting;
      const { endOffset: offset, unfinished, slot } = fed.chunk;
      const lines = putOut(fed, output, account, lineBytesMax);
      account.bytesRead += offset - source.reached.offset;
      sources.reach(source, { offset, line: source.reached.line + lines, unfinished });
      output.endChunk(lines);
      pool.give(slot);
    }
    await output.commit();
    if (stop.failure !== undefined) throw stop.failure.error;
    return account.dead;
  } finally {
    interrupted.removeEventListener('abort', stop.request);
    await sources.close();
    await output.close();
  }
}

/** Adds the lines of a chunk, as they are; gives how many they are. */
function putOut(
  { chunk, source }: ReadChunk,
  output: Output,
  account: RunAccount,
  lineBytesMax: number,
): number {
  const { slot, from, to, refused } = chunk;
  if (refused !== undefined) {
    if (refused.reason !== 'line-continued') throw tooLong(lineBytesMax, source.reached.line);
    const { reason, excerpt, lengthBytes, offset } = refused;
    const members = deadMembers(reason, LINE_CONTINUED, excerpt, lengthBytes);
    output.dead(deadLetter(source.spec.name, source.reached.line, offset, members));
    account.read++;
    account.dead++;
    return 0;
  }
  const lines = countLines(slot.bytes.subarray(from, to));
  output.append(slot.bytes, from, to);
  account.read += lines;
  account.kept += lines;
  account.written += lines;
  account.bytesWritten += to - from;
  return lines;
}

function tooLong(lineBytesMax: number, lines: number): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_READ',
    `line ${lines + 1} of standard input has more than ${lineBytesMax} bytes, and cannot be spooled`,
    { hint: 'allow longer lines with --max-line' },
  );
}
