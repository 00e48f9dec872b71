import type { Handler } from '../index.ts';
import { userStack } from './describe-thrown.ts';
import type { LoadFailure } from './protocol.ts';

/** A handler module, whichever of its forms it was written in. */
export interface ImportedHandler {
  readonly handle: Handler;
  readonly key: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** Imports the module at `url` and checks what it exports. */
export async function importHandler(url: string): Promise<ImportedHandler | LoadFailure> {
  let exports: Record<string, unknown>;
  try {
    exports = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
    return { failed: 'load', message, stack: error instanceof Error ? userStack(error) : undefined };
  }
  return checkExports(exports);
}

function checkExports(exports: Record<string, unknown>): ImportedHandler | LoadFailure {
  const main = exports['default'];
  if (main === undefined) return wrong('it has no default export');
  const options = typeof main === 'function' ? {} : (main as Record<string, unknown> | null);
  if (options === null || typeof options !== 'object') return wrong(`its default export is a ${typeof main}`);
  const handle = typeof main === 'function' ? main : options['handle'];
  if (typeof handle !== 'function') return wrong('its default export has no function "handle"');
  const key = options['key'] ?? exports['key'];
  if (key !== undefined && typeof key !== 'string') return wrong('its "key" is not a string');
  const timeoutMs = options['timeoutMs'];
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    return wrong('its "timeoutMs" is not a number of milliseconds');
  }
  return { handle: handle as Handler, key, timeoutMs };
}

function wrong(message: string): LoadFailure {
  return { failed: 'export', message, stack: undefined };
}
