import { run } from '../pipeline/run.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { compileHandler } from '../worker/compile.ts';
import { holdHandler } from '../worker/handler-revision.ts';
import { compareSides, type Counts, type DiffHooks } from './compare-sides.ts';
import { Side } from './side.ts';

/** Runs two handlers over the same events beside each other, each of them as a run of its own, and has them compared. */

export interface DiffOptions {
  /** A run for each side but for its output; the old one is left out where the stored events are the old ones. */
  readonly old: Omit<RunOptions, 'to'> | undefined;
  readonly new: Omit<RunOptions, 'to'>;
  /** One without a handler, where `--where` and `--select` make something else of the stored events, and that matters. */
  readonly stored: Omit<RunOptions, 'to'> | undefined;
  readonly exactly: boolean;
}

/** Rejects with MILLRACE_HANDLER_… where one of them cannot be loaded. */
export async function diff(options: DiffOptions, hooks: DiffHooks): Promise<Counts> {
  const [older, newer] = [options.old?.handler, options.new.handler];
  const old = older === undefined ? undefined : await holdHandler(older, newer);
  try {
    const now = await holdHandler(newer!, older);
    try {
      const before = old === undefined ? undefined : { ...options.old!, handler: old.path };
      return await diffHandlers(
        { ...options, old: before, new: { ...options.new, handler: now.path } },
        hooks,
      );
    } finally {
      await now.release();
    }
  } finally {
    await old?.release();
  }
}

async function diffHandlers(options: DiffOptions, hooks: DiffHooks): Promise<Counts> {
  // One after the other, and not in both runs at the same time: these find them compiled.
  for (const side of [options.old, options.new]) {
    if (side?.handler !== undefined) await compileHandler(side.handler);
  }
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  hooks.interrupted.addEventListener('abort', onInterrupt);
  const now = startSide(options.new, stop.signal);
  const old = options.old && startSide(options.old, stop.signal);
  const stored = options.stored && startSide(options.stored, stop.signal);
  try {
    const sides = { old: old?.side, new: now.side, stored: stored?.side };
    return await compareSides(sides, options.exactly, hooks);
  } finally {
    stop.abort();
    const all = [now, old, stored].filter(started => started !== undefined);
    for (const { side } of all) side.close();
    await Promise.all(all.map(({ ended }) => ended));
    hooks.interrupted.removeEventListener('abort', onInterrupt);
  }
}

function startSide(
  options: Omit<RunOptions, 'to'>,
  interrupted: AbortSignal,
): { readonly side: Side; readonly ended: Promise<void> } {
  const side = new Side(options.lineBytesMax);
  const ended = run({ ...options, to: side.output }, { interrupted }).then(
    () => side.end(),
    (error: unknown) => side.fail(error),
  );
  return { side, ended };
}
