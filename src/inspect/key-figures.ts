import { groupOfScanned, KEY_GROUPS, NO_GROUP } from '../kernel/key-group.ts';
import type { ValuePath } from '../kernel/path.ts';
import { PathScanner, valueText } from '../kernel/scan.ts';
import { LaneOfGroup } from '../partition/lane-of-group.ts';
import { Distinct } from './distinct.ts';
import type { KeyReport } from './report.ts';
import { SpaceSaving } from '../base/space-saving.ts';
import { ValueHash } from './value-hash.ts';

/** How a key spreads the events: over keys, over key groups, and over the lanes of a run. */

const WORKERS = [1, 2, 4, 8] as const;
const HEAVY_COUNTERS = 1000;
const HEAVY_SHOWN = 10;
/** A longer key is kept as its beginning and a hash, so that hostile keys cannot use up memory. */
const KEY_LENGTH_MAX = 128;
const KEY_BEGINNING = 64;

export class KeyFigures {
  readonly #path: ValuePath;
  readonly #scanner: PathScanner;
  readonly #distinct = new Distinct();
  readonly #heavy = new SpaceSaving(HEAVY_COUNTERS);
  readonly #groups = new Float64Array(KEY_GROUPS);
  readonly #lanes: readonly { readonly workers: number; readonly of: LaneOfGroup }[];
  readonly #hash = new ValueHash();
  #with = 0;
  #without = 0;

  constructor(path: ValuePath) {
    this.#path = path;
    this.#scanner = new PathScanner(path);
    this.#lanes = WORKERS.map(workers => ({ workers, of: new LaneOfGroup(path) }));
  }

  /** Told of each chunk of lines before its events; only the first counts. */
  begin(bytes: Uint8Array, from: number, to: number): void {
    for (const { workers, of } of this.#lanes) of.settle(bytes, from, to, workers);
  }

  /** Takes the event whose line begins at `start`. */
  add(bytes: Uint8Array, start: number): void {
    const scanner = this.#scanner;
    scanner.scanLine(bytes, start);
    const group = groupOfScanned(scanner, bytes);
    const text = group === NO_GROUP ? undefined : valueText(scanner, bytes);
    if (text === undefined) {
      this.#without++;
      return;
    }
    this.#with++;
    this.#groups[group]!++;
    const key = text.length <= KEY_LENGTH_MAX ? text : this.#shortened(text);
    this.#distinct.add(key);
    this.#heavy.add(key);
  }

  report(): KeyReport {
    const events = this.#with;
    const shareOf = (count: number): number => (events === 0 ? 0 : count / events);
    return {
      path: this.#path.text,
      events,
      share: events === 0 ? 0 : events / (events + this.#without),
      distinct: this.#distinct.get(),
      heavy: this.#heavy
        .top(HEAVY_SHOWN)
        // Where most of a count may be error, the key is one of a long tail and only came last.
        .filter(({ count, error }) => error * 2 <= count)
        .map(({ value, count }) => ({ key: value, events: count, share: shareOf(count) })),
      heavyErrorMax: this.#heavy.errorMax,
      groups: {
        used: this.#groups.filter(count => count > 0).length,
        biggestShare: shareOf(Math.max(...this.#groups)),
      },
      lanes: this.#lanes.map(({ workers, of }) => {
        const loads = new Float64Array(workers);
        for (const [group, count] of this.#groups.entries()) loads[of.table[group]!]! += count;
        return { workers, busiestShare: shareOf(Math.max(...loads)) };
      }),
    };
  }

  #shortened(text: string): string {
    // The hash looks only at the beginning of a long text, so its end is given to it as well.
    this.#hash.ofText(text);
    const { a, b } = this.#hash;
    this.#hash.ofText(text.slice(-KEY_LENGTH_MAX));
    const words = [a, b, this.#hash.a, this.#hash.b].map(word => (word >>> 0).toString(16).padStart(8, '0'));
    const short = `${text.slice(0, KEY_BEGINNING)}…${words.join('')}`;
    // Copied, so that it does not keep the whole text in memory.
    return Buffer.from(short, 'utf16le').toString('utf16le');
  }
}
