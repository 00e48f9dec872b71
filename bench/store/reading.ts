import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, statSync } from 'node:fs';
import type { BenchOptions } from '../options.ts';
import type { Program } from '../measure.ts';
import type { Workspace } from '../workspace.ts';
import { firstLineOf, MILLRACE, piped } from './programs.ts';

/**
 * All of a topic, through a pipe, as cat gives the file; and the first event from an offset and from a time, out of the topic
 * and out of one that has a hundredth of it.
 */

const SMALL_SHARE = 100;

export interface ReadCase {
  readonly name: string;
  readonly program: () => Program;
  readonly against?: string;
  readonly atLeast?: number;
}

export function readCases(input: string, { node }: BenchOptions, workspace: Workspace): readonly ReadCase[] {
  const stores = makeStores(input, node, workspace);
  const { plain, small, packed } = stores;
  const cat = (store: string): Program => piped(node, MILLRACE, 'cat', 'bench', '--store', store);
  const first = (store: string, from: string): Program =>
    firstLineOf(node, MILLRACE, 'tail', 'bench', '--from', from, '--store', store);
  const late = endOf(plain, node) - 10;
  const lateSmall = endOf(small, node) - 10;
  const middle = Math.floor(endOf(packed, node) / 3);
  const asSmall = { against: 'first event, small topic', atLeast: 0.8 };
  return [
    { name: 'cat FILE', program: () => piped('cat', stores.file) },
    { name: 'millrace cat', program: () => cat(plain), against: 'cat FILE', atLeast: 0.8 },
    { name: 'zcat', program: () => piped('sh', '-c', `zcat -f "${packed}"/topics/bench/*.ndjson*`) },
    { name: 'millrace cat, compressed', program: () => cat(packed), against: 'zcat' },
    { name: 'first event, small topic', program: () => first(small, String(lateSmall)) },
    { name: 'first event, by offset', program: () => first(plain, String(late)), ...asSmall },
    { name: 'first event, by time', program: () => first(plain, '-1h'), ...asSmall },
    { name: 'first event, compressed', program: () => first(packed, String(middle)), ...asSmall },
  ];
}

interface Stores {
  readonly file: string;
  readonly plain: string;
  readonly small: string;
  readonly packed: string;
}

/** A copy of the input on the disk of the stores, and topics with all of it, with a little, and compressed. */
function makeStores(input: string, node: string, workspace: Workspace): Stores {
  const [file, part] = [workspace.path('input'), workspace.path('small-input')];
  copyFileSync(input, file);
  const bytes = String(Math.floor(statSync(input).size / SMALL_SHARE));
  execFileSync('sh', ['-c', 'head -c "$1" "$2" | sed \'$d\' > "$3"', 'sh', bytes, input, part]);
  const make = (name: string, from: string, ...more: string[]): string => {
    const store = workspace.path(name);
    // Of the version of Node that was measured before.
    rmSync(store, { recursive: true, force: true });
    const args = [MILLRACE, 'run', '--where', 'true', from, '--to', 'bench', '--store', store, ...more];
    execFileSync(node, args, { stdio: 'ignore' });
    return store;
  };
  const plain = make('plain', file);
  const small = make('small', part);
  return {
    file,
    plain,
    small,
    packed: make('packed', file, '--compress', 'gzip', '--segment-size', '64MiB'),
  };
}

/** The offset that the next event would have. */
function endOf(store: string, node: string): number {
  const text = execFileSync(node, [MILLRACE, 'topics', '--json', '--store', store], { encoding: 'utf8' });
  return (JSON.parse(text.split('\n')[0]!) as { next: number }).next;
}
