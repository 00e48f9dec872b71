import { ROOT } from '../workspace.ts';
import type { Program } from '../measure.ts';

/** The programs that are measured, as this bench calls them. */

export const MILLRACE = `${ROOT}dist/bin/millrace.js`;

/** A program of ours, as it was built. */
export function compiled(name: string): string {
  return `${ROOT}dist/measure/bench/programs/${name}.js`;
}

/** What a command gives, through a pipe. */
export function piped(...command: readonly string[]): Program {
  return { command: 'sh', args: ['-c', '"$@" | cat > /dev/null', 'sh', ...command] };
}

/** The time to its first line. */
export function firstLineOf(...command: readonly string[]): Program {
  return { command: 'sh', args: ['-c', '"$@" | head -1 > /dev/null', 'sh', ...command] };
}
