import { MiB } from '../base/limits.ts';
import type { Predicate } from '../kernel/program.ts';
import type { ValuePath } from '../kernel/path.ts';
import { findHandler } from './handler-entry.ts';
import { hasHazard } from './handler-hazards.ts';
import type { Part } from './handler-parts.ts';
import { Scopes } from './handler-scopes.ts';
import { type FunctionNode, Syntax, Unreadable } from './handler-syntax.ts';
import { HandlerUses } from './handler-uses.ts';
import { verdictOf } from './handler-verdict.ts';

/**
 * Finds out from a handler's source which parts of an event it can look at, so that only these need be decoded.
 *
 * A reading is a proof. Take an event that is an object, as JSON.parse gives it, and beside it a partial one: a plain
 * object with those of the event's own members that the reading names, in any order; under each the same value, or where
 * the part is not whole and the value is a plain object, one that is partial in the same way. Then no run of the handler
 * can tell one from the other, and all that a run does to the event itself, or to a copy of it that it returns, is among
 * `writes` and `deletes`. (An event
 * that is no object is always parsed whole.) Wherever there is doubt there is no reading.
 *
 * Two things are beyond the source, and belong to whoever uses a reading: that the function that runs is the one that was
 * read (`source`), and that Object.prototype is as the standard has it (worker/prototype-watch.ts).
 */

export type { Part } from './handler-parts.ts';

export interface EventReading {
  /**
   * Text of the handler function exactly as Function.prototype.toString gives it, to make sure at run time that this is
   * the function that was read.
   */
  readonly source: string;
  /** Whether it can look at its second argument, the context. */
  readonly takesContext: boolean;
  /** The parts of the event that the handler can look at. */
  readonly parts: readonly Part[];
  /** Names of members of the event itself that it may assign, not all of them in `parts`. */
  readonly writes: readonly string[];
  /** Names of members of the event itself that it may delete: none of `writes`, and all in `parts`. */
  readonly deletes: readonly string[];
  /** Whether it may return the event itself, also as the value of a promise. It never returns it inside anything else. */
  readonly returnsEvent: boolean;
  /** Whether it may return a copy of the event with members set; then every object that it returns is that or the event itself. */
  readonly returnsCopy: boolean;
  /** Set where the whole handler is a boolean expression that the kernel can decide for some lines. */
  readonly verdict: { readonly fields: readonly ValuePath[]; readonly predicate: Predicate } | undefined;
}

/** Characters of a module that is worth reading. */
const CODE_CHARS_MAX = 1 * MiB;

/**
 * Reads the handler that is the default export of the ES module `code`, which imports millrace as `millraceUrl`;
 * undefined where events must be parsed whole.
 */
export function readHandler(code: string, millraceUrl: string): EventReading | undefined {
  if (code.length > CODE_CHARS_MAX) return undefined;
  try {
    return read(code, millraceUrl);
  } catch (error) {
    // The latter from code that is nested too deeply.
    if (error instanceof Unreadable || error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(code: string, millraceUrl: string): EventReading | undefined {
  const syntax = new Syntax(code);
  if (hasHazard(syntax)) return undefined;
  const scopes = new Scopes(syntax);
  const entry = findHandler(syntax, scopes, millraceUrl);
  if (entry === undefined) return undefined;
  const { event, writes, deletes, returnsEvent, returnsCopy } = new HandlerUses(
    syntax,
    scopes,
    entry.handler,
  );
  // A member that is deleted and written again has moved to the end.
  if ([...deletes].some(name => writes.has(name))) return undefined;
  return {
    source: entry.source,
    takesContext: takesContext(entry.handler),
    parts: event.parts(),
    writes: [...writes],
    deletes: [...deletes],
    returnsEvent,
    returnsCopy,
    verdict: verdictOf(syntax, scopes, entry.handler),
  };
}

/** Arguments beyond the parameters cannot be got at: a handler that tries is not read (HandlerUses). */
function takesContext({ params: [event, context] }: FunctionNode): boolean {
  return context !== undefined || event?.type === 'RestElement';
}
