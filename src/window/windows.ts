import { timeMs, timeText } from './event-time.ts';
import { addAt, addToSession, type OpenWindow, spansAt, type Standing, takeClosed } from './open-windows.ts';
import {
  checkFixed,
  checkOptions,
  checkSession,
  type SessionOptions,
  type SlidingOptions,
  type TumblingOptions,
  type WindowOptions,
} from './window-options.ts';

/**
 * Windows on the time of events, for each key, kept in the key's state: they survive restarts with it, and `millrace state`
 * shows them. docs/WINDOWS.md tells when a window is closed, and what becomes of events that come later.
 */

/** What windows need of the context of a handler. */
export interface WindowContext {
  readonly key: string | undefined;
  readonly state: {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it says what was set
    readonly get: <Value>() => Value | undefined;
    readonly set: (value: unknown) => void;
  };
  readonly emit: (topic: string, event: unknown) => void;
  readonly count: (name: string) => void;
}

/** What has come together in a window. */
export interface WindowResult<Value> {
  readonly key: string;
  /** From `start` up to before `end`, in milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly value: Value;
  /** False where further events may change it: the result that comes last for a key and a start counts. */
  readonly final: boolean;
}

export interface Windows<Event, Value> {
  /** Adds an event; gives the results of the windows that are closed by it, and early ones where they are asked for. */
  readonly add: (event: Event, context: WindowContext) => WindowResult<Value>[];
  /** Closes all windows of the key, for the end of the input; gives their results. What comes for them later is late. */
  readonly close: (context: WindowContext) => WindowResult<Value>[];
  /** What is in the windows of the key that are not closed. */
  readonly open: (context: WindowContext) => WindowResult<Value>[];
}

/** The event came when all its windows were closed. */
export class LateEvent extends Error {
  override readonly name = 'LateEvent';
}

/** Windows of one size, one behind the other: every event is in one. */
export function tumbling<Event, Value>(options: TumblingOptions<Event, Value>): Windows<Event, Value> {
  return sliding({ ...options, everyMs: options.sizeMs });
}

/** Windows of one size, of which one begins every so often: an event is in several. */
export function sliding<Event, Value>(options: SlidingOptions<Event, Value>): Windows<Event, Value> {
  checkFixed(options);
  const { sizeMs, everyMs, offsetMs = 0 } = options;
  return new KeyWindows(options, (open, ms, watermark, event) =>
    spansAt(ms, { sizeMs, everyMs, offsetMs }, watermark).map(span => addAt(open, span, event, options)),
  );
}

/** Windows that go on as long as events come, and end when none has come for a while. */
export function session<Event, Value>(options: SessionOptions<Event, Value>): Windows<Event, Value> {
  checkSession(options);
  return new KeyWindows(options, (open, ms, watermark, event) => {
    const own = { start: ms, end: ms + options.gapMs };
    const window = addToSession(open, own, watermark, event, options);
    return window === undefined ? [] : [window];
  });
}

/** Adds an event to its windows that are not closed, and gives these. */
type Place<Event, Value> = (
  open: OpenWindow<Value>[],
  timeMs: number,
  watermark: number,
  event: Event,
) => OpenWindow<Value>[];

class KeyWindows<Event, Value> implements Windows<Event, Value> {
  readonly #options: WindowOptions<Event, Value>;
  readonly #name: string;
  readonly #place: Place<Event, Value>;

  constructor(options: WindowOptions<Event, Value>, place: Place<Event, Value>) {
    checkOptions(options);
    this.#options = options;
    this.#name = options.name ?? 'windows';
    this.#place = place;
  }

  add(event: Event, context: WindowContext): WindowResult<Value>[] {
    const { time, latenessMs = 0 } = this.#options;
    const ms = timeMs(time(event));
    const { members, standing } = this.#read(context);
    const watermark = standing.watermark ?? -Infinity;
    const changed = this.#place(standing.open, ms, watermark, event);
    if (changed.length === 0) return this.#late(event, ms, watermark, context);
    standing.watermark = Math.max(watermark, ms - latenessMs);
    const closed = takeClosed(standing);
    const early = changed.filter(window => !closed.includes(window) && this.#isTold(window, ms));
    const results = [...resultsOf(context, closed, true), ...resultsOf(context, early, false)];
    context.state.set({ ...members, [this.#name]: standing });
    return results;
  }

  close(context: WindowContext): WindowResult<Value>[] {
    const { members, standing } = this.#read(context);
    if (standing.open.length === 0) return [];
    standing.watermark = standing.open.reduce((most, { end }) => Math.max(most, end), standing.watermark!);
    const results = resultsOf(context, takeClosed(standing), true);
    context.state.set({ ...members, [this.#name]: standing });
    return results;
  }

  open(context: WindowContext): WindowResult<Value>[] {
    return resultsOf(context, this.#read(context).standing.open, false);
  }

  #read({ state }: WindowContext): { members: object; standing: Standing<Value> } {
    const members: unknown = state.get() ?? {};
    if (typeof members !== 'object' || Array.isArray(members)) {
      throw new TypeError('the state of the key is no object, in which windows could be a member');
    }
    const known = Object.hasOwn(members!, this.#name)
      ? (members as Record<string, Standing<Value>>)[this.#name]
      : undefined;
    return { members: members!, standing: known ?? { open: [] } };
  }

  /** Whether a result is to be told although the window is not closed. */
  #isTold(window: OpenWindow<Value>, ms: number): boolean {
    const { earlyMs } = this.#options;
    if (earlyMs === undefined) return false;
    const since = (window.told ??= ms);
    if (ms - since < earlyMs && earlyMs > 0) return false;
    window.told = Math.max(since, ms);
    return true;
  }

  #late(event: Event, ms: number, watermark: number, context: WindowContext): WindowResult<Value>[] {
    const { late = 'dead-letter' } = this.#options;
    if (late === 'dead-letter') {
      throw new LateEvent(
        `the event of ${timeText(ms)} is late: all windows that end by ${timeText(watermark)} are closed`,
      );
    }
    context.count('late');
    if (typeof late === 'object') context.emit(late.topic, event);
    return [];
  }
}

function resultsOf<Value>(
  { key }: WindowContext,
  windows: readonly OpenWindow<Value>[],
  final: boolean,
): WindowResult<Value>[] {
  return windows.map(({ start, end, value }) => ({ key: key!, start, end, value, final }));
}
