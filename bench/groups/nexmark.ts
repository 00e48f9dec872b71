import { millrace } from '../cases.ts';
import type { Group } from '../group.ts';
import { ROOT } from '../workspace.ts';

/** The queries of examples/nexmark, against the one that passes bids on as they are. */
export const NEXMARK: Group = {
  title: 'Nexmark',
  input: mb => ['nexmark', '--bytes', `${mb}MB`],
  mb: 60,
  rounds: 3,
  cases: [
    ['q0', 'pass through'],
    ['q1', 'currency conversion'],
    ['q2', 'selection'],
    ['q11', 'user sessions'],
    ['q12', 'windows'],
    ['q17', 'auction statistics'],
    ['q18', 'last bids'],
  ].map(([query, what]) => ({
    name: `${query}, ${what}`,
    attempt: setup => millrace(setup, [`${ROOT}examples/nexmark/${query}.ts`, setup.input.path]),
  })),
};
