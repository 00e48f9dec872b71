import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, MillraceError, reasonOf, systemCode } from '../base/errors.ts';
import { FdWriter } from '../base/fd-writer.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { packageNameOf, projectFiles } from './project-files.ts';
import { shellWord } from './shell-word.ts';
import { onOneLine } from './text-columns.ts';
import { version } from './version.ts';

/** `millrace init`: a handler to begin with, that can be tested and run at once. */

const EXAMPLES = `
The directory is made where there is none. One that has anything in it but .git is left as
it is, and is an error. A name that begins with "-" must stand behind "--".

Examples:
  millrace init errors
  millrace init . && millrace test errors.ts`;

export function define(command: Command, exitWith: (status: number) => void): void {
  command
    .argument('<dir>', 'directory to write into: a new or an empty one')
    .addHelpText('after', EXAMPLES)
    .action(async (directory: string) => {
      const path = resolve(directory);
      checkEmpty(directory, path);
      const files = projectFiles(packageNameOf(basename(path)), version());
      for (const [name, text] of files) write(path, name, text);
      await new FdWriter(1, false).write(Buffer.from(farewell(directory, [...files.keys()]), 'utf8'));
      exitWith(EXIT.done);
    });
}

function checkEmpty(directory: string, path: string): void {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    const reason = systemCode(error) === 'ENOTDIR' ? 'it is a file' : reasonOf(error);
    throw new MillraceError('MILLRACE_INIT_DIRECTORY', `cannot begin in "${directory}": ${reason}`, {
      hint: 'name a directory that is new or empty',
      cause: error,
    });
  }
  const [first, ...others] = names.filter(name => name !== '.git').sort();
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new MillraceError(
    'MILLRACE_INIT_DIRECTORY',
    `cannot begin in "${directory}": it is not empty, but has "${first}"${more}`,
    { hint: 'name a directory that is new or empty; nothing was written' },
  );
}

function write(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  try {
    makeDirectories(dirname(path));
    // Never over what somebody else has written meanwhile.
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new MillraceError('MILLRACE_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function farewell(directory: string, names: readonly string[]): string {
  const steps = [
    ...(resolve(directory) === process.cwd() ? [] : [`cd ${shellWord(directory)}`]),
    'millrace test errors.ts',
    'millrace run errors.ts access.ndjson --to errors',
    'millrace cat errors',
  ];
  return [
    `wrote ${names.length} files into "${onOneLine(directory)}":`,
    ...names.map(name => `  ${name}`),
    '',
    'Now try this; README.md says what it does:',
    ...steps.map(step => `  ${step}`),
    '',
  ].join('\n');
}
