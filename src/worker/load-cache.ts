import { LRUCache } from 'lru-cache';
import type { Cache } from '../index.ts';

/** What a handler has loaded (`context.cache`), for all events of a thread. */

export interface CacheOptions {
  readonly size: number;
  /** 0 is for ever. */
  readonly ttlMs: number;
}

/** How often a value was there, or on its way; and how often it had to be loaded. */
export interface CacheFigures {
  readonly hits: number;
  readonly misses: number;
}

type Key = string | number;

export class LoadCache implements Cache {
  /** In an object each: the cache takes undefined for nothing. */
  readonly #kept: LRUCache<Key, { readonly value: unknown }>;
  /** What is on its way: it is not to be loaded twice, however little is kept and however soon it is old. */
  readonly #loading = new Map<Key, Promise<unknown>>();
  #hits = 0;
  #misses = 0;

  constructor({ size, ttlMs }: CacheOptions) {
    this.#kept = new LRUCache({ max: size, ttl: ttlMs });
  }

  async get<Value>(key: Key, load: (key: Key) => Value | PromiseLike<Value>): Promise<Value> {
    const known = this.#kept.get(key);
    const loading = known === undefined ? this.#loading.get(key) : undefined;
    if (known === undefined && loading === undefined) {
      this.#misses++;
      return this.#load(key, load);
    }
    this.#hits++;
    return (known === undefined ? loading : known.value) as Value;
  }

  delete(key: Key): void {
    this.#kept.delete(key);
    // What is on its way goes to whoever waits for it, and to nobody else.
    this.#loading.delete(key);
  }

  /** The figures since the last time. */
  take(): CacheFigures | undefined {
    if (this.#hits + this.#misses === 0) return undefined;
    const figures = { hits: this.#hits, misses: this.#misses };
    this.#hits = 0;
    this.#misses = 0;
    return figures;
  }

  #load<Value>(key: Key, load: (key: Key) => Value | PromiseLike<Value>): Promise<Value> {
    const loading = Promise.resolve(key).then(load);
    this.#loading.set(key, loading);
    const settle = (keep: () => void): void => {
      if (this.#loading.get(key) !== loading) return;
      this.#loading.delete(key);
      keep();
    };
    loading.then(
      value => settle(() => this.#kept.set(key, { value })),
      () => settle(() => undefined),
    );
    return loading;
  }
}
