import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError, reasonOf } from '../base/errors.ts';
import { shortLetter } from './dead-text.ts';
import { DEAD } from './folder.ts';
import type { CaseResult } from './run-case.ts';

/** `--update`: what came out of a case becomes what is expected of it. */

/** Writes those files of the case that differ; says what was done. Throws MILLRACE_OUTPUT_WRITE. */
export function updateCase({ folder, outputs, dead, deadLetters }: CaseResult): string[] {
  const changes = outputs
    .filter(({ differences }) => differences.length > 0)
    .map(({ file, given }) => put(folder.path, file, given));
  if (dead.length > 0) {
    changes.push(put(folder.path, DEAD, deadLetters.replaceAll(/^.+$/gm, shortLetter)));
  }
  return changes;
}

function put(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  try {
    if (text === '') {
      rmSync(path, { force: true });
      return `removed ${name}`;
    }
    const verb = existsSync(path) ? 'changed' : 'wrote';
    writeFileSync(path, text);
    const lines = text.split('\n').length - 1;
    return `${verb} ${name} (${lines} ${lines === 1 ? 'line' : 'lines'})`;
  } catch (error) {
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
