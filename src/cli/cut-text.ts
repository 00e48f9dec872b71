import type { Cut } from '../store/recovery.ts';
import { formatBytes } from './format.ts';

/** What recovery has cut off, for people. */
export function cutText({ what, bytes }: Cut): string {
  return `${formatBytes(bytes)} of ${what} were not committed: moved to the quarantine`;
}
