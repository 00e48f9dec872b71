import type { RunAccount } from './account.ts';
import type { CommitView, Output } from './output.ts';
import type { RunHooks, RunOptions } from './run-options.ts';
import type { SourceBook } from './source-book.ts';
import type { Stop } from './stop.ts';

interface OutputContext {
  readonly sources: SourceBook;
  readonly account: RunAccount;
  readonly stop: Stop;
  readonly hooks: RunHooks;
}

/** The output that the options name. Only its own code is loaded. */
export async function openOutput(options: RunOptions, context: OutputContext): Promise<Output> {
  const { sources, account, stop, hooks } = context;
  const { to } = options;
  const view: CommitView = {
    take: () => sources.take(),
    isAwaited: () => sources.isAwaited,
    account,
  };
  if (to.kind === 'log') {
    const { LogOutput } = await import('./log-output.ts');
    return LogOutput.open(
      { ...to, onFailure: stop.fail, interrupted: hooks.interrupted },
      view,
      hooks.stopwatch?.disk,
    );
  }
  if (to.kind === 'caller') {
    const { CallerOutput } = await import('./caller-output.ts');
    return new CallerOutput(to, view);
  }
  const { StdoutOutput } = await import('./stdout-output.ts');
  return StdoutOutput.open({
    deadFile: to.deadFile,
    onDead: letter => hooks.onDead?.(letter),
    onClosed: stop.closeOutput,
    onFailure: stop.fail,
    view,
  });
}
