import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, NEWLINE } from './input.ts';

/** What a program wrote, read back without any help of its own. */

export interface Digest {
  readonly events: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** Of all files together, one after the other. */
export function digestOf(paths: readonly string[]): Digest {
  const hash = createHash('sha256');
  let events = 0;
  for (const path of paths) {
    for (const block of blocksOf(path)) {
      hash.update(block);
      for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) events++;
    }
  }
  return { events, sha256: hash.digest('hex') };
}

/**
 * The segments of a topic, in order, as src/store/FORMAT.md has them. After a run that came to its end all that is in
 * them is committed.
 */
export function segmentsOf(store: string, topic: string): readonly string[] {
  const directory = join(store, 'topics', topic);
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter(name => name.endsWith('.ndjson'));
  return names.sort().map(name => join(directory, name));
}
