import type { BatchHandlerDefinition, EndContext, Handler } from '../index.ts';
import { isTopicToWrite } from '../base/names.ts';
import { userStack } from './describe-thrown.ts';
import type { CacheOptions } from './load-cache.ts';
import type { LoadFailure } from './protocol.ts';
import { AS_THEY_COME, readWorkOptions, type WorkOptions } from './work-options.ts';

/** A handler module, whichever of its forms it was written in. */
export interface ImportedHandler {
  readonly handle: Handler;
  readonly key: string | undefined;
  /** Whether it says that there is to be no order by any key. */
  readonly unordered: boolean;
  readonly timeoutMs: number | undefined;
  readonly work: WorkOptions;
  readonly cache: CacheOptions | undefined;
  readonly topics: readonly string[];
  /** Called for each key with a state when the input has come to its end. */
  readonly end: ((context: EndContext) => unknown) | undefined;
  /** Called once before the first event, and once after the last. */
  readonly open: (() => unknown) | undefined;
  readonly close: (() => unknown) | undefined;
}

/** What stands in the place of a handler where there is none. */
export const NO_HANDLER: Omit<ImportedHandler, 'handle'> & { readonly handle: undefined } = {
  handle: undefined,
  key: undefined,
  unordered: false,
  timeoutMs: undefined,
  work: AS_THEY_COME,
  cache: undefined,
  topics: [],
  end: undefined,
  open: undefined,
  close: undefined,
};

const KNOWN: Readonly<Record<keyof BatchHandlerDefinition, true>> = {
  handle: true,
  key: true,
  unordered: true,
  timeoutMs: true,
  concurrency: true,
  maxInFlight: true,
  batch: true,
  rate: true,
  retry: true,
  breaker: true,
  cache: true,
  topics: true,
  end: true,
  open: true,
  close: true,
};

/** Imports the module at `url` and checks what it exports; `overrides` come before what its definition says. */
export async function importHandler(
  url: string,
  overrides: Readonly<Record<string, unknown>>,
): Promise<ImportedHandler | LoadFailure> {
  let exports: Record<string, unknown>;
  try {
    exports = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
    return { failed: 'load', message, stack: error instanceof Error ? userStack(error) : undefined };
  }
  return checkExports(exports, overrides);
}

function checkExports(
  exports: Record<string, unknown>,
  overrides: Readonly<Record<string, unknown>>,
): ImportedHandler | LoadFailure {
  const main = exports['default'];
  if (main === undefined) return wrong('it has no default export');
  const options = typeof main === 'function' ? {} : (main as Record<string, unknown> | null);
  if (options === null || typeof options !== 'object') return wrong(`its default export is a ${typeof main}`);
  const handle = typeof main === 'function' ? main : options['handle'];
  if (typeof handle !== 'function') return wrong('its default export has no function "handle"');
  const unknown = typeof main === 'function' ? undefined : unknownMember(options);
  if (unknown !== undefined) {
    return wrongOption(
      `its default export has "${unknown}", which is none of ${Object.keys(KNOWN).join(', ')}`,
    );
  }
  const key = options['key'] ?? exports['key'];
  if (key !== undefined && typeof key !== 'string') return wrongOption('its "key" is not a string');
  const { unordered = false } = options;
  if (typeof unordered !== 'boolean') return wrongOption('its "unordered" is neither true nor false');
  const timeoutMs = options['timeoutMs'];
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    return wrongOption('its "timeoutMs" is not a number of milliseconds');
  }
  const work = readWorkOptions({ ...options, ...overrides });
  if (typeof work === 'string') return wrongOption(work);
  const cache = options['cache'] === undefined ? undefined : readCache(options['cache']);
  if (typeof cache === 'string') return wrongOption(cache);
  const { open, close, end, topics = [] } = options;
  const isNames =
    Array.isArray(topics) && topics.every(name => typeof name === 'string' && isTopicToWrite(name));
  if (!isNames)
    return wrongOption('its "topics" are not names of topics: lower-case letters, digits, ".", "_" and "-"');
  for (const [name, value] of Object.entries({ open, close, end })) {
    if (value !== undefined && typeof value !== 'function')
      return wrongOption(`its "${name}" is no function`);
  }
  return {
    handle: handle as Handler,
    key,
    unordered,
    timeoutMs,
    work,
    cache,
    topics: [...new Set(topics as string[])],
    end: end as ImportedHandler['end'],
    open: open as ImportedHandler['open'],
    close: close as ImportedHandler['close'],
  };
}

/**
 * A member of a definition that means nothing, which may be a misspelt one. An instance of a class has fields of its own; and
 * what is exported by a module that is taken as a whole is the module's affair, which shows in getters.
 */
function unknownMember(definition: object): string | undefined {
  if (Object.getPrototypeOf(definition) !== Object.prototype) return undefined;
  for (const [name, { enumerable, value }] of Object.entries(Object.getOwnPropertyDescriptors(definition))) {
    if (enumerable === true && value !== undefined && !Object.hasOwn(KNOWN, name)) return name;
  }
  return undefined;
}

/** Values that a cache may be asked to keep: the names alone of more would not fit. */
const CACHE_SIZE_MAX = 16_777_216;

function readCache(given: unknown): CacheOptions | string {
  const { size, ttlMs = 0 } = Object(given) as Record<string, unknown>;
  const isSize = Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= CACHE_SIZE_MAX;
  if (!isSize) return `its "cache" has no "size" from 1 to ${CACHE_SIZE_MAX}`;
  const isTime = Number.isSafeInteger(ttlMs) && (ttlMs as number) >= 0;
  if (!isTime) return 'its "cache" has a "ttlMs" that is no whole number of milliseconds';
  return { size: size as number, ttlMs: ttlMs as number };
}

function wrong(message: string): LoadFailure {
  return { failed: 'export', message, stack: undefined };
}

function wrongOption(message: string): LoadFailure {
  return { failed: 'option', message, stack: undefined };
}

export const NO_KEY_AT_END = wrongOption('its "end" is called for each key, and the run has none');
