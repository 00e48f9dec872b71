import type { Group } from '../group.ts';
import { APPEND } from './append.ts';
import { ASYNC } from './async.ts';
import { GEN } from './gen.ts';
import { NEXMARK } from './nexmark.ts';
import { REPLAY } from './replay.ts';
import { STATE } from './state.ts';

/** All groups, under the name that asks for them. */
export const GROUPS = {
  state: STATE,
  async: ASYNC,
  nexmark: NEXMARK,
  append: APPEND,
  replay: REPLAY,
  gen: GEN,
} as const satisfies Readonly<Record<string, Group>>;

export type GroupName = keyof typeof GROUPS;
