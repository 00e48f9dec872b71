import { millrace } from '../cases.ts';
import type { Group } from '../group.ts';
import { groupHandler, MILLRACE, shell } from './programs.ts';

/** What it costs to have events in the log, against copying the file and waiting for the disk. */
export const APPEND: Group = {
  title: 'Events into the log as they are',
  input: mb => ['access', '--bytes', `${mb}MB`],
  mb: 200,
  rounds: 3,
  cases: [
    {
      name: '`cat in > out; sync out`',
      attempt: setup => ({
        program: shell(
          setup,
          'cat "$1" > "$2" && sync -d "$2"',
          setup.input.path,
          setup.workspace.attemptPath('out'),
        ),
      }),
    },
    {
      name: 'millrace, a durable commit each second',
      attempt: setup => millrace(setup, [groupHandler('pass'), setup.input.path]),
    },
    {
      name: 'millrace `--commit-interval 50ms`',
      attempt: setup =>
        millrace(setup, [groupHandler('pass'), setup.input.path, '--commit-interval', '50ms']),
    },
    {
      name: 'millrace `--no-sync`',
      attempt: setup => millrace(setup, [groupHandler('pass'), setup.input.path, '--no-sync']),
    },
    {
      name: 'millrace `--to -`, no log',
      attempt: setup => ({
        program: shell(
          setup,
          '"$1" "$2" run "$3" "$4" --to - > "$5"',
          setup.node,
          MILLRACE,
          groupHandler('pass'),
          setup.input.path,
          setup.workspace.attemptPath('out'),
        ),
      }),
    },
  ],
};
