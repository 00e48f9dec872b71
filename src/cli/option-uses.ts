import type { Command, Option } from 'commander';
import { MillraceError } from '../base/errors.ts';

/**
 * Options that would be without effect are refused: whoever has written one expects something of it. That holds for the command
 * line alone; a variable of the environment is set for all commands, and a default for nobody.
 */

/** What else must be given for an option to mean something, and how that is said. */
export interface Condition<Facts> {
  readonly words: string;
  readonly holds: (facts: Facts) => boolean;
}

/** The conditions of each option that has some, by its name as commander has it; the first that does not hold is told. */
export type Needs<Facts> = Readonly<Record<string, readonly Condition<Facts>[]>>;

/** What is asked of a command. */
export type Asked = Pick<Command, 'options' | 'getOptionValueSource'>;

/** The options that stand on the command line. */
export function givenOptions(command: Asked): readonly Option[] {
  return command.options.filter(option => command.getOptionValueSource(option.attributeName()) === 'cli');
}

/** Throws MILLRACE_USAGE at the first option on the command line that would be without effect. */
export function checkNeeds<Facts>(command: Asked, facts: Facts, needs: Needs<Facts>): void {
  for (const option of givenOptions(command)) {
    const unmet = needs[option.attributeName()]?.find(({ holds }) => !holds(facts));
    if (unmet !== undefined) throw onlyWith(option.long!, unmet.words);
  }
}

export function onlyWith(flag: string, what: string): MillraceError {
  return new MillraceError('MILLRACE_USAGE', `${flag} goes only with ${what}`);
}

/** Throws MILLRACE_USAGE where "-" is named for a file, and standard output has something else; `other` says what goes there. */
export function checkNotStdout(flag: string, file: string | undefined, other: string): void {
  if (file !== '-') return;
  throw new MillraceError('MILLRACE_USAGE', `${flag} cannot go to standard output: ${other}`, {
    hint: 'name a file; one that is called "-" is "./-"',
  });
}

/** Whether it is where somebody listens, and no file or topic. */
export function isAddress(text: string): boolean {
  return /^(tcp|tls|https?):\/\/|^unix:/i.test(text);
}

export function isEncrypted(address: string): boolean {
  return /^(tls|https):/i.test(address);
}
