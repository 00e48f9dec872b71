import { MillraceError } from '../base/errors.ts';
import { escapeControls } from '../base/terminal.ts';

/** Prints an error as a user should see it; gives the exit status that belongs to it. */
export function reportError(error: unknown): number {
  if (error instanceof MillraceError) {
    const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
    printError(`${error.message} (${error.code})${hint}`);
    return error.exit;
  }
  const bug = new MillraceError(
    'MILLRACE_BUG',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
  printError(`this is a bug in millrace, please report it (${bug.code})\n  ${bug.message}`);
  return bug.exit;
}

/** One message on standard error, under the program's name. */
export function printError(text: string): void {
  process.stderr.write(`millrace: ${escapeControls(text)}\n`);
}
