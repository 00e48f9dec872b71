import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, MillraceError } from '../base/errors.ts';
import type { PipelineAnswer, PipelineJob } from './pipeline-job.ts';
import { makeScratch } from './scratch.ts';

/** Runs a pipeline in a process of its own, with a store that is gone afterwards. */
export async function runPipeline<A extends PipelineAnswer['kind']>(
  job: Omit<PipelineJob, 'store'> & { readonly log: boolean },
  interrupted: AbortSignal,
): Promise<Extract<PipelineAnswer, { kind: A }>> {
  const directory = await makeScratch(job.reading.store);
  try {
    const { log, ...rest } = job;
    const answer = await ask({ ...rest, store: log ? join(directory, 'store') : undefined }, interrupted);
    if (answer.kind === 'failed') throw errorOf(answer);
    return answer as Extract<PipelineAnswer, { kind: A }>;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Rejects with the signal's reason where it comes first. */
function ask(job: PipelineJob, interrupted: AbortSignal): Promise<PipelineAnswer> {
  return new Promise((resolve, reject) => {
    interrupted.throwIfAborted();
    const child = fork(fileURLToPath(new URL('../bench/pipeline-child.js', import.meta.url)), {
      serialization: 'advanced',
      execArgv: process.execArgv.filter(arg => !arg.startsWith('--inspect')),
      // What handlers write must not come between the data.
      stdio: ['ignore', 2, 2, 'ipc'],
      // Ctrl-C goes to all processes of the terminal; this one is ended by us.
      detached: true,
    });
    const end = (): boolean => child.kill('SIGKILL');
    process.once('exit', end);
    interrupted.addEventListener('abort', end);
    let answer: PipelineAnswer | undefined;
    child.once('message', message => {
      answer = message as PipelineAnswer;
      end();
    });
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      process.off('exit', end);
      interrupted.removeEventListener('abort', end);
      if (answer !== undefined) resolve(answer);
      else if (interrupted.aborted) reject(interrupted.reason as Error);
      else reject(new Error(`the process of the pipeline ended with ${signal ?? status} and no answer`));
    });
    child.send(job);
  });
}

function errorOf({ code, message, hint }: Extract<PipelineAnswer, { kind: 'failed' }>): Error {
  if (code === undefined) return new Error(message);
  return new MillraceError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
