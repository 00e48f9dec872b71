import { millrace } from '../cases.ts';
import type { Group, GroupCase } from '../group.ts';
import { groupHandler } from './programs.ts';

/** What state costs that survives every crash. */
export const STATE: Group = {
  title: 'State of 2,000 keys',
  input: mb => ['access', '--bytes', `${mb}MB`],
  mb: 100,
  rounds: 3,
  cases: [
    handler('no state', 'none'),
    handler('a variable of the thread, lost at its end', 'variable'),
    handler('`context.state`: a count for each key', 'state'),
    handler('windows of ten minutes for each key', 'window'),
  ],
};

function handler(name: string, file: string): GroupCase {
  return { name, attempt: setup => millrace(setup, [groupHandler(file), setup.input.path]) };
}
