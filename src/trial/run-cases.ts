import { compileHandler } from '../worker/compile.ts';
import { type CaseFolder, findCases } from './folder.ts';
import { type CaseResult, type CaseSettings, runCase } from './run-case.ts';

/** The cases of one handler, and the order in which they are run. */

export interface Suite {
  readonly handler: string;
  readonly folders: readonly CaseFolder[];
}

/** All cases of a handler; rejects with MILLRACE_HANDLER_… where it cannot be compiled, and with MILLRACE_NO_CASES. */
export async function openSuite(handler: string): Promise<Suite> {
  // Once, and not in each run at the same time: these find it compiled.
  await compileHandler(handler);
  return { handler, folders: findCases(handler) };
}

/**
 * Runs cases of one handler side by side, each in a thread of its own: what a handler keeps in variables would else make the
 * result of one case depend on the others. Gives the results in the order of `folders`, each as soon as it is there.
 */
export async function* runCases(
  folders: readonly CaseFolder[],
  settings: CaseSettings,
  atOnce: number,
): AsyncGenerator<CaseResult, void, void> {
  const running: Promise<CaseResult>[] = [];
  for (const folder of folders) {
    if (running.length >= atOnce) yield await running.shift()!;
    const result = runCase(folder, settings);
    // Whoever waits for it will see the failure.
    result.catch(() => undefined);
    running.push(result);
  }
  while (running.length > 0) yield await running.shift()!;
}
