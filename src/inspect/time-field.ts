import { parsePath, type ValuePath } from '../kernel/path.ts';
import { EventTime } from './event-time.ts';
import { pathText } from './path-text.ts';

/** Finds, in the first events, the field that tells when an event happened. */

/** Names that are taken first, in this order, where they stand in an event's top level. */
const NAMES_FIRST = ['ts', 'time', 'timestamp', '@timestamp'];

/** Numbers are taken for times only under a name that sounds like one. */
const NAME_OF_TIME =
  /(^|[^a-z])(ts|time|timestamp|datetime|date|epoch|when|at)$|(time|timestamp|date|Time|At|Ts)$/;

/** How many of the first events must have it. */
const PRESENCE_MIN = 0.9;
const DEPTH_MAX = 3;
/** Members of one object that are looked at. */
const MEMBERS_MAX = 256;

export interface TimeField {
  readonly path: ValuePath;
  /** Whether the user named it, it was found by its name, or because it holds times. */
  readonly found: 'named' | 'by-name' | 'by-value';
}

interface Found {
  readonly names: readonly string[];
  readonly order: number;
  times: number;
}

/** The field among `events` that is most likely the time of each, or undefined where none has one. */
export function findTimeField(events: readonly unknown[]): TimeField | undefined {
  const found = new Map<string, Found>();
  const time = new EventTime();
  for (const event of events) visit(event, [], found, time);
  let best: Found | undefined;
  for (const field of found.values()) {
    if (field.times < events.length * PRESENCE_MIN) continue;
    if (best === undefined || rankOf(field) < rankOf(best)) best = field;
  }
  if (best === undefined) return undefined;
  const path = parsePath(pathText(best.names));
  return { path, found: NAME_OF_TIME.test(best.names.at(-1)!) ? 'by-name' : 'by-value' };
}

/** Notes the times in `value`, which stands at `names`. */
function visit(value: unknown, names: readonly string[], found: Map<string, Found>, time: EventTime): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (names.length === DEPTH_MAX) return;
    for (const name of Object.keys(value).slice(0, MEMBERS_MAX)) {
      visit((value as Record<string, unknown>)[name], [...names, name], found, time);
    }
    return;
  }
  const name = names.at(-1);
  if (name === undefined || name.length > NAME_LENGTH_MAX || !time.read(value)) return;
  if (!time.format.startsWith('iso') && !NAME_OF_TIME.test(name)) return;
  const key = pathText(names);
  const field = found.get(key) ?? { names, order: found.size, times: 0 };
  field.times++;
  found.set(key, field);
}

/** Longer names are not looked at by the expression. */
const NAME_LENGTH_MAX = 64;

/** The lower the likelier: the well-known names, then what is less deep, sounds like a time, and stands first. */
function rankOf({ names, order }: Found): number {
  const known = names.length === 1 ? NAMES_FIRST.indexOf(names[0]!) : -1;
  if (known >= 0) return known;
  const sounds = NAME_OF_TIME.test(names.at(-1)!) ? 0 : 1;
  return 1e9 * names.length + 1e8 * sounds + order;
}
