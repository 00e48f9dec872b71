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
import type { CommitView } from './output.ts';
import { run } from './run.ts';
import type { RunHooks, RunOptions, RunOutcome, ToLog } from './run-options.ts';
import { SourceBook } from './source-book.ts';
import { Stop } from './stop.ts';

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
  const reading = { ...options.reading, follow: true };
  const running = run({ ...options, inputs, reading }, { ...hooks, until: ended.signal });
  try {
    const outcome = await running;
    await spooling;
    return outcome;
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

/** Commits the lines of standard input to `to`, until it ends or `interrupted` is aborted. */
async function spool(
  { lineBytesMax }: RunOptions,
  to: ToLog,
  interrupted: AbortSignal,
  onReady: () => void,
): Promise<void> {
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
      const { slot, from, to: end, refused, endOffset, unfinished } = fed.chunk;
      if (refused !== undefined) throw tooLong(lineBytesMax, source.reached.line);
      const waiting = output.ready();
      if (waiting !== undefined) await waiting;
      const lines = countLines(slot.bytes.subarray(from, end));
      output.append(slot.bytes, from, end);
      account.read += lines;
      account.kept += lines;
      account.written += lines;
      account.bytesRead += end - from;
      account.bytesWritten += end - from;
      sources.reach(source, { offset: endOffset, line: source.reached.line + lines, unfinished });
      output.endChunk(lines);
      pool.give(slot);
    }
    await output.commit();
    if (stop.failure !== undefined) throw stop.failure.error;
  } finally {
    interrupted.removeEventListener('abort', stop.request);
    await sources.close();
    await output.close();
  }
}

function tooLong(lineBytesMax: number, lines: number): MillraceError {
  return new MillraceError(
    'MILLRACE_SOURCE_READ',
    `line ${lines + 1} of standard input has more than ${lineBytesMax} bytes, and cannot be spooled`,
    { hint: 'allow longer lines with --max-line' },
  );
}
