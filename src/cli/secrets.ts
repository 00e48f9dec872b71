import { readFileSync } from 'node:fs';
import { MillraceError, reasonOf } from '../base/errors.ts';

/** Tokens and keys: from files and the environment, never from arguments, which every process of the machine can read. */

/** The token of `--token-file`, or of MILLRACE_TOKEN; undefined where there is none. */
export function readToken(file: string | undefined): string | undefined {
  const text = file === undefined ? process.env['MILLRACE_TOKEN'] : readFile('--token-file', file).toString();
  const token = text?.trim();
  if (token === '' && file !== undefined) {
    throw new MillraceError('MILLRACE_USAGE', `the token file "${file}" is empty`);
  }
  return token === '' ? undefined : token;
}

/** The contents of a PEM file that `flag` names. */
export function readPem(flag: string, path: string): Buffer {
  return readFile(flag, path);
}

function readFile(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new MillraceError('MILLRACE_USAGE', `cannot read "${path}" of ${flag}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
