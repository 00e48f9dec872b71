import { unwatchFile, watchFile } from 'node:fs';
import { reasonOf } from '../base/errors.ts';
import { compileHandler } from '../worker/compile.ts';
import type { HandlerFile, HandlerTraits } from '../worker/protocol.ts';
import type { LaneSet } from './lane-set.ts';
import type { Output } from './output.ts';
import type { Dispatched } from './scatter.ts';

/**
 * `--watch`: takes another version of the handler as soon as its source has changed, between two chunks.
 *
 * A version is tried in a thread of its own first, so that one that does not compile or load changes nothing. Then what was
 * dispatched is finished, nothing else is meanwhile, every lane begins anew with the state of its keys, and a commit falls
 * between the last event of the old version and the first one of the new: each commit tells by which version its events
 * were handled.
 */

/** Between two looks at the files. Looking works everywhere, also where changes are not told of. */
const LOOK_MS = 250;

/** In the queue of what is to be put out: all that comes behind it was handled by this version. */
export interface HandlerChange {
  readonly kind: 'handler-change';
  readonly version: string;
}

export interface ReloadOptions {
  /** The handler as the user named it. */
  readonly name: string;
  readonly handler: HandlerFile;
  readonly traits: HandlerTraits;
  readonly lanes: LaneSet;
  readonly output: Pick<Output, 'addTopics'>;
  /** Puts the change between what was dispatched before it and after. */
  readonly announce: (change: HandlerChange) => void;
  /** Told of the traits of a new version before it is used. */
  readonly onTraits: (traits: HandlerTraits) => void;
  readonly tell: (note: string) => void;
}

export class Reload {
  /** Set while nothing may be dispatched. */
  changing: Promise<void> | undefined;
  readonly #options: ReloadOptions;
  readonly #inFlight = new Set<Promise<unknown>>();
  #handler: HandlerFile;
  #traits: HandlerTraits;
  #watched: readonly string[] = [];
  #looking: Promise<void> | undefined;
  /** Whether something has changed since the last look began. */
  #isDue = false;
  #isClosed = false;

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#handler = options.handler;
    this.#traits = options.traits;
    this.#watch(options.handler.inputs);
  }

  /** Told of each chunk that is dispatched. */
  follow({ results }: Dispatched): void {
    this.#inFlight.add(results);
    void Promise.allSettled([results]).then(() => this.#inFlight.delete(results));
  }

  /** Watches no longer; resolves when no change is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch([]);
    await this.#looking;
  }

  #watch(paths: readonly string[]): void {
    for (const path of this.#watched) if (!paths.includes(path)) unwatchFile(path, this.#changed);
    for (const path of paths) {
      if (!this.#watched.includes(path))
        watchFile(path, { persistent: false, interval: LOOK_MS }, this.#changed);
    }
    this.#watched = paths;
  }

  readonly #changed = (): void => {
    this.#isDue = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  };

  async #look(): Promise<void> {
    const { name, tell } = this.#options;
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false;
      try {
        const handler = await compileHandler(name);
        // Other files may have come to be imported, also where the code that results is the same.
        this.#watch(handler.inputs);
        if (handler.version === this.#handler.version) continue;
        const traits = await this.#tried(handler);
        if (this.#isClosed) continue;
        this.changing = this.#change(handler, traits);
        await this.changing;
        tell(`"${name}" has changed: version ${handler.version} is used from here on`);
      } catch (error) {
        tell(
          `"${name}" has changed, and version ${this.#handler.version} is used further: ${reasonOf(error)}`,
        );
      } finally {
        this.changing = undefined;
      }
    }
  }

  /** Loads a version in a thread of its own; rejects where it cannot take the place of the present one. */
  async #tried(handler: HandlerFile): Promise<HandlerTraits> {
    const traits = await this.#options.lanes.tryHandler(handler);
    const { key, topics } = this.#traits;
    if (traits.key !== key) {
      throw new Error('its key is another one; start the run again to order events by that');
    }
    if (topics.some((topic, number) => traits.topics[number] !== topic)) {
      throw new Error('it declares other topics; start the run again, or add new ones behind the old ones');
    }
    return traits;
  }

  async #change(handler: HandlerFile, traits: HandlerTraits): Promise<void> {
    const { lanes, output, announce, onTraits } = this.#options;
    await output.addTopics(traits.topics.slice(this.#traits.topics.length));
    await Promise.allSettled(this.#inFlight);
    await lanes.use(handler);
    onTraits(traits);
    announce({ kind: 'handler-change', version: handler.version });
    this.#handler = handler;
    this.#traits = traits;
  }
}
