/**
 * The windows of one key that are not closed, and how far its time has come. Everything here follows from the events of the
 * key and their order, and from nothing else: so it is the same with any number of workers, and after every restart.
 */

/** A window is from `start` up to before `end`, in milliseconds since 1970. */
export interface OpenWindow<Value> {
  start: number;
  end: number;
  value: Value;
  /** The time of the event with which a result was told last before the window was closed. */
  told?: number;
}

/** What is remembered for a key, as it stands in its state. */
export interface Standing<Value> {
  /** Every window that ends here or before is closed. Undefined before the first event. */
  watermark?: number;
  /** In the order of their starts. */
  open: OpenWindow<Value>[];
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How events are put into windows, and what is made of them. */
export interface Reducing<Event, Value> {
  readonly initial: () => Value;
  readonly reduce: (value: Value, event: Event) => Value;
  /** Set where windows grow together. */
  readonly merge?: ((earlier: Value, later: Value) => Value) | undefined;
}

/** Windows of a fixed size, one every so often, that hold a time; those that are closed by `watermark` are left out. */
export function spansAt(
  timeMs: number,
  {
    sizeMs,
    everyMs,
    offsetMs,
  }: { readonly sizeMs: number; readonly everyMs: number; readonly offsetMs: number },
  watermark: number,
): Span[] {
  const spans: Span[] = [];
  const last = Math.floor((timeMs - offsetMs) / everyMs) * everyMs + offsetMs;
  for (let start = last; start + sizeMs > timeMs && start + sizeMs > watermark; start -= everyMs) {
    spans.unshift({ start, end: start + sizeMs });
  }
  return spans;
}

/** Adds an event to the window with this span, which is opened where it is not; gives the window. */
export function addAt<Event, Value>(
  open: OpenWindow<Value>[],
  { start, end }: Span,
  event: Event,
  { initial, reduce }: Reducing<Event, Value>,
): OpenWindow<Value> {
  let window = open.find(known => known.start === start);
  if (window === undefined) {
    window = { start, end, value: initial() };
    insert(open, window);
  }
  window.value = reduce(window.value, event);
  return window;
}

/**
 * Adds an event to the session that it lies in, which grows with it; sessions that meet by that become one. Undefined where
 * there is none and its own would be closed by `watermark`.
 */
export function addToSession<Event, Value>(
  open: OpenWindow<Value>[],
  own: Span,
  watermark: number,
  event: Event,
  reducing: Reducing<Event, Value>,
): OpenWindow<Value> | undefined {
  const met = open.filter(({ start, end }) => start < own.end && own.start < end);
  const [first, ...others] = met;
  if (first === undefined) return own.end > watermark ? addAt(open, own, event, reducing) : undefined;
  for (const other of others) {
    first.value = reducing.merge!(first.value, other.value);
    first.end = Math.max(first.end, other.end);
    open.splice(open.indexOf(other), 1);
  }
  first.start = Math.min(first.start, own.start);
  first.end = Math.max(first.end, own.end);
  first.value = reducing.reduce(first.value, event);
  return first;
}

/** Takes the windows out that end at `watermark` or before, in the order of their ends. */
export function takeClosed<Value>(standing: Standing<Value>): OpenWindow<Value>[] {
  const { open, watermark = -Infinity } = standing;
  const closed = open.filter(({ end }) => end <= watermark);
  if (closed.length > 0) standing.open = open.filter(({ end }) => end > watermark);
  return closed.sort((a, b) => a.end - b.end || a.start - b.start);
}

function insert<Value>(open: OpenWindow<Value>[], window: OpenWindow<Value>): void {
  let at = open.length;
  while (at > 0 && open[at - 1]!.start > window.start) at--;
  open.splice(at, 0, window);
}
