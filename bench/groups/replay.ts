import { rmSync } from 'node:fs';
import type { Group, GroupCase, GroupSetup } from '../group.ts';
import { measure } from '../measure.ts';
import { groupHandler, MILLRACE, shell } from './programs.ts';

/** How fast a topic is read again, every checksum looked at, against a program that looks at nothing. */
export const REPLAY: Group = {
  title: 'A topic, read again into a pipe',
  input: mb => ['access', '--bytes', `${mb}MB`],
  mb: 200,
  rounds: 3,
  prepare: async setup => {
    // Of the version of Node that was measured before.
    rmSync(storeOf(setup), { recursive: true, force: true });
    await measure({
      command: setup.node,
      args: [
        MILLRACE,
        'run',
        groupHandler('pass'),
        setup.input.path,
        '--to',
        'bench',
        '--store',
        storeOf(setup),
      ],
      env: { MILLRACE_CACHE: setup.workspace.cache },
    });
  },
  cases: [
    piped('`cat` of its segments', 'cat "$3"/topics/bench/*.ndjson'),
    piped('`millrace cat`', '"$1" "$2" cat bench --store "$3"'),
    piped(
      '`millrace cat --where`, 4 % of the events',
      '"$1" "$2" cat bench --store "$3" --where "status >= 500"',
    ),
    piped('`millrace replay --speed max`', '"$1" "$2" replay bench --store "$3" --speed max'),
    piped(
      '`millrace replay --speed 1000000x`, by `ts`',
      '"$1" "$2" replay bench --store "$3" --speed 1000000x --time-field ts',
    ),
  ],
};

function piped(name: string, line: string): GroupCase {
  return {
    name,
    attempt: setup => ({
      program: shell(setup, `${line} | cat > /dev/null`, setup.node, MILLRACE, storeOf(setup)),
    }),
  };
}

function storeOf({ workspace }: GroupSetup): string {
  return workspace.path('replay-store');
}
