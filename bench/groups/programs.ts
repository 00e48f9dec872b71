import { fileURLToPath } from 'node:url';
import type { GroupSetup } from '../group.ts';
import type { Program } from '../measure.ts';
import { ROOT } from '../workspace.ts';

/** What the programs of groups have in common. */

export const MILLRACE = `${ROOT}dist/bin/millrace.js`;

/** The handler as it was written: millrace compiles it. */
export function groupHandler(name: string): string {
  return `${ROOT}bench/handlers/groups/${name}.ts`;
}

/** A program of the bench, compiled with it. */
export function builtProgram(name: string): string {
  return fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
}

/** A line for the shell, with arguments as $1, $2, and so on. */
export function shell({ workspace }: GroupSetup, line: string, ...args: readonly string[]): Program {
  return {
    command: 'bash',
    args: ['-o', 'pipefail', '-c', line, 'bash', ...args],
    env: { MILLRACE_CACHE: workspace.cache },
  };
}
