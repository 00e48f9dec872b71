/**
 * Every way in which millrace can fail for a reason that is not its own bug: one code each.
 *
 * The table is the only place that knows exit statuses. `docs/ERRORS.md` explains every code to users, and a
 * test holds the two to each other. A broken invariant is not in here: it is an assertion, and a bug.
 */

interface ErrorKind {
  /** The exit status of the process that ends with this error. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6;
  /** Whether the same command may succeed later, with nothing changed by the user. */
  readonly retryable: boolean;
}

const ERROR_KINDS = {
  MILLRACE_BUG: { exit: 1, retryable: false },

  MILLRACE_USAGE: { exit: 2, retryable: false },
  MILLRACE_NO_INPUT: { exit: 2, retryable: false },
  MILLRACE_KEY_PATH: { exit: 2, retryable: false },
  MILLRACE_WHERE: { exit: 2, retryable: false },
  MILLRACE_SELECT: { exit: 2, retryable: false },
  MILLRACE_NAME: { exit: 2, retryable: false },
  MILLRACE_INSECURE: { exit: 2, retryable: false },
  MILLRACE_TOPIC_OWNED: { exit: 2, retryable: false },
  MILLRACE_TOPIC_EXISTS: { exit: 2, retryable: false },
  MILLRACE_NO_TIME: { exit: 2, retryable: false },
  MILLRACE_NO_CASES: { exit: 2, retryable: false },
  MILLRACE_INIT_DIRECTORY: { exit: 2, retryable: false },

  MILLRACE_HANDLER_NOT_FOUND: { exit: 3, retryable: false },
  MILLRACE_HANDLER_COMPILE: { exit: 3, retryable: false },
  MILLRACE_HANDLER_EXPORT: { exit: 3, retryable: false },
  MILLRACE_HANDLER_LOAD: { exit: 3, retryable: false },
  MILLRACE_HANDLER_END: { exit: 3, retryable: false },
  MILLRACE_HANDLER_DIES: { exit: 3, retryable: false },

  MILLRACE_SOURCE_NOT_FOUND: { exit: 4, retryable: true },
  MILLRACE_SOURCE_DIRECTORY: { exit: 4, retryable: false },
  MILLRACE_SOURCE_PERMISSION: { exit: 4, retryable: false },
  MILLRACE_SOURCE_READ: { exit: 4, retryable: true },
  MILLRACE_SOURCE_CHANGED: { exit: 4, retryable: false },
  MILLRACE_SOURCE_FORMAT: { exit: 4, retryable: false },
  MILLRACE_SOURCE_UNPACKED: { exit: 4, retryable: false },
  MILLRACE_LISTEN: { exit: 4, retryable: true },
  MILLRACE_SEND: { exit: 4, retryable: true },
  MILLRACE_SEND_UNFINISHED: { exit: 4, retryable: true },
  MILLRACE_SEND_CONTINUED: { exit: 4, retryable: false },
  MILLRACE_TOPIC_NOT_FOUND: { exit: 4, retryable: true },
  MILLRACE_OFFSET_NOT_FOUND: { exit: 4, retryable: true },
  MILLRACE_OFFSET_NOT_KEPT: { exit: 4, retryable: false },
  MILLRACE_KEY_NOT_FOUND: { exit: 4, retryable: true },
  MILLRACE_IMPORT: { exit: 4, retryable: false },
  MILLRACE_OUTPUT_WRITE: { exit: 4, retryable: true },
  MILLRACE_STORE_WRITE: { exit: 4, retryable: true },
  MILLRACE_STORE_READ: { exit: 4, retryable: true },
  MILLRACE_STORE_LOCKED: { exit: 4, retryable: true },

  MILLRACE_STORE_CORRUPT: { exit: 5, retryable: false },
  MILLRACE_STORE_SHORT: { exit: 5, retryable: false },
  MILLRACE_STORE_VERSION: { exit: 5, retryable: false },
  MILLRACE_POSITIONS_LOST: { exit: 5, retryable: false },

  MILLRACE_EVENT_FAILED: { exit: 6, retryable: false },
  MILLRACE_DIFFERENT: { exit: 6, retryable: false },
  MILLRACE_TEST_FAILED: { exit: 6, retryable: false },
  MILLRACE_BENCH_FAILED: { exit: 6, retryable: false },
} as const satisfies Record<`MILLRACE_${string}`, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** All codes, in the order of their exit statuses. */
export const ERROR_CODES = Object.keys(ERROR_KINDS) as readonly ErrorCode[];

/** The exit statuses that no error has: the ways in which a run can end that are not a failure to run. */
export const EXIT = { done: 0, bug: 1, deadLetters: 6, sigint: 130, sigterm: 143 } as const;

/**
 * An error that a user can act on.
 *
 * `message` names the thing and what failed, in the active voice, values quoted, without a full stop; `hint` says
 * what to do. Both together with the code are what the terminal shows; a stack trace is never shown.
 */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.hint = options.hint;
  }

  get exit(): number {
    return ERROR_KINDS[this.code].exit;
  }

  get retryable(): boolean {
    return ERROR_KINDS[this.code].retryable;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'its symbolic links lead round in a circle, or there are too many',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'input/output error of the device',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files in this process',
  ENFILE: 'too many open files on this machine',
  ENXIO: 'it is a socket, or a device that is not there',
  EFBIG: 'the file would become larger than allowed',
};

/** The `code` of a system error (`ENOENT`), or undefined where `error` is none. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A system error in words a user knows; any other error as its message. */
export function reasonOf(error: unknown): string {
  const known = CAUSES[systemCode(error) ?? ''];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}
