import { type Handled, millrace } from '../cases.ts';
import type { Group } from '../group.ts';
import { builtProgram, groupHandler } from './programs.ts';

/** How close a handler that waits comes to a program that does nothing but wait, with order by key and a log besides. */
export const ASYNC: Group = {
  title: 'A handler that waits 10 ms, 64 events at a time in each worker, 1,000 keys',
  input: mb => ['sensors', '--keys', '1000', '--bytes', `${mb}MB`],
  mb: 3,
  rounds: 3,
  cases: [
    {
      name: 'a plain program that waits as often, no order, no log',
      attempt: ({ node, input }) => ({
        program: { command: node, args: [builtProgram('waiting'), input.path] },
        handled: ({ stdout }) => JSON.parse(stdout) as Handled,
      }),
    },
    {
      name: 'millrace, in order by key',
      attempt: setup => millrace(setup, [groupHandler('wait'), setup.input.path]),
    },
  ],
};
