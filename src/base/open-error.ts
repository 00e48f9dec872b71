import { type ErrorCode, MillraceError, reasonOf, systemCode } from './errors.ts';

const OPEN_ERRORS: Readonly<Record<string, { code: ErrorCode; hint: string }>> = {
  ENOENT: { code: 'MILLRACE_SOURCE_NOT_FOUND', hint: 'check the path; a glob must stand in quotes' },
  ENOTDIR: { code: 'MILLRACE_SOURCE_NOT_FOUND', hint: 'check the path' },
  ELOOP: { code: 'MILLRACE_SOURCE_NOT_FOUND', hint: 'check where the links lead' },
  ENAMETOOLONG: { code: 'MILLRACE_SOURCE_NOT_FOUND', hint: 'check the path' },
  EISDIR: { code: 'MILLRACE_SOURCE_DIRECTORY', hint: 'name its files, for example "DIR/*.ndjson"' },
  EACCES: { code: 'MILLRACE_SOURCE_PERMISSION', hint: 'make the file readable for this user' },
  EPERM: { code: 'MILLRACE_SOURCE_PERMISSION', hint: 'make the file readable for this user' },
  ENXIO: {
    code: 'MILLRACE_SOURCE_READ',
    hint: 'name a file; "millrace run" listens on a socket that is named as unix:PATH',
  },
};

/** What a failed attempt to open the input `name` means to the user; `hints` are other ones for some errors of the system. */
export function openError(
  name: string,
  error: unknown,
  hints: Readonly<Record<string, string>> = {},
): MillraceError {
  const reason = systemCode(error) ?? '';
  const { code, hint } = OPEN_ERRORS[reason] ?? { code: 'MILLRACE_SOURCE_READ', hint: 'try again' };
  return new MillraceError(code, `cannot open "${name}": ${reasonOf(error)}`, {
    hint: hints[reason] ?? hint,
    cause: error,
  });
}
