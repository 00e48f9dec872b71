import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { SourceSpec } from './contract.ts';
import { fileSource } from './file.ts';
import { isPipe, pipeSource } from './pipe.ts';
import { stdinSource } from './stdin.ts';

/** One row for each kind of source: the first whose `accepts` is true takes the input. */
interface SourceKind {
  readonly example: string;
  readonly accepts: (input: string) => boolean;
  readonly expand: (input: string) => Promise<SourceSpec[]> | SourceSpec[];
}

const SOURCE_KINDS: readonly SourceKind[] = [
  { example: '-', accepts: input => input === '-', expand: () => [stdinSource()] },
  { example: '"logs/*.ndjson"', accepts: isGlob, expand: expandGlob },
  { example: '<(zcat old.gz)', accepts: isPipe, expand: input => [pipeSource(input)] },
  { example: 'access.ndjson', accepts: input => !isAddress(input), expand: input => [fileSource(input)] },
];

/** The sources that `inputs` name, in order, a file that is named twice only once. */
export async function resolveInputs(inputs: readonly string[]): Promise<SourceSpec[]> {
  const specs = new Map<string, SourceSpec>();
  for (const input of inputs) {
    for (const spec of await expand(input)) {
      const identity = spec.id ?? spec.name;
      if (!specs.has(identity)) specs.set(identity, spec);
    }
  }
  return [...specs.values()];
}

async function expand(input: string): Promise<SourceSpec[]> {
  const kind = SOURCE_KINDS.find(row => row.accepts(input));
  if (kind !== undefined) return kind.expand(input);
  throw new MillraceError('MILLRACE_USAGE', `"${input}" is not an input that millrace knows`, {
    hint: `an input is a file, a glob, a pipe or standard input: ${SOURCE_KINDS.map(row => row.example).join(', ')}`,
  });
}

function isAddress(input: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/|unix:|topic:)/i.test(input) && !existsSync(input);
}

function isGlob(input: string): boolean {
  return /[*?[{!(]/.test(input) && !isAddress(input) && !existsSync(input);
}

async function expandGlob(pattern: string): Promise<SourceSpec[]> {
  const { glob } = await import('tinyglobby');
  // Names as the user would write them: they stand in event ids, which must not depend on the working directory.
  const paths = await glob(pattern, { expandDirectories: false, dot: false, absolute: isAbsolute(pattern) });
  if (paths.length === 0) {
    throw new MillraceError('MILLRACE_SOURCE_NOT_FOUND', `no file matches "${pattern}"`, {
      hint: 'check the glob',
    });
  }
  return paths.sort().map(path => fileSource(path));
}
