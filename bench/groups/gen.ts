import { SHAPES } from '../../src/gen/shapes.ts';
import type { Group, GroupSetup } from '../group.ts';
import { MILLRACE, shell } from './programs.ts';

/** How fast events are made, against reading as many bytes from a file in memory. */
export const GEN: Group = {
  title: 'Events made, into a pipe',
  input: mb => ['access', '--bytes', `${mb}MB`],
  mb: 200,
  rounds: 3,
  inBytes: true,
  cases: [
    {
      name: '`cat` of a file that is as long',
      attempt: setup => ({ program: shell(setup, 'cat "$1" | cat > /dev/null', setup.input.path) }),
    },
    ...SHAPES.map(({ name }) => ({
      name: `\`millrace gen ${name}\``,
      attempt: (setup: GroupSetup) => ({
        program: shell(
          setup,
          '"$1" "$2" gen "$3" --bytes "$4" | cat > /dev/null',
          setup.node,
          MILLRACE,
          name,
          String(setup.input.bytes),
        ),
      }),
    })),
  ],
};
