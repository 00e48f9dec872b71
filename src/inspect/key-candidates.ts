import { EventTime } from './event-time.ts';
import { AT, type FieldNode, type FieldTable } from './field-table.ts';
import { pathText } from './path-text.ts';
import type { KeyCandidate } from './report.ts';

/**
 * Which fields may do as a key: in nearly all events, texts, or whole numbers under a name that sounds like a key,
 * with many values of which each comes again, and none that has much of all events. Times do not, although they repeat.
 */

const PRESENCE_MIN = 0.95;
const DISTINCT_MIN = 16;
/** Events for each value, on average. */
const REPEATED_MIN = 2;
const BIGGEST_SHARE_MAX = 0.2;
const CANDIDATES_MAX = 5;
/** Fewer events say nothing about how values are spread. */
const EVENTS_MIN = 50;

/** A name that says of a field that it tells whom or what an event is about. */
const NAME_OF_KEY =
  /(^|[^a-z])(id|uid|uuid|ip|user|client|host|account|session|device|key|tenant|customer|name)s?$|(Id|ID|IP|Ip|_h|ip|User|Host|Key)$/;

const NAME_LENGTH_MAX = 64;

const time = new EventTime();

/** The best first. */
export function keyCandidates(table: FieldTable, timePath: string | undefined): KeyCandidate[] {
  const events = table.root.events;
  if (events < EVENTS_MIN) return [];
  return table.nodes
    .filter(node => mayBeKey(node, events) && pathText(node.names) !== timePath)
    .sort((one, other) => rankOf(other) - rankOf(one))
    .slice(0, CANDIDATES_MAX)
    .map(node => ({
      path: pathText(node.names),
      presence: node.events / events,
      distinct: node.sketch!.distinct,
      biggestShareMax: node.sketch!.biggestGroupShare,
    }));
}

function mayBeKey(node: FieldNode, events: number): boolean {
  const { sketch } = node;
  if (node.inArray || sketch === undefined || sketch.values < events * PRESENCE_MIN) return false;
  const { types, example } = node;
  const fitting = types[AT.string]! + (isNamedAsKey(node) ? types[AT.integer]! : 0);
  if (fitting < events * PRESENCE_MIN || (typeof example === 'string' && time.read(example))) return false;
  const { distinct } = sketch;
  return (
    distinct >= DISTINCT_MIN &&
    distinct * REPEATED_MIN <= sketch.values &&
    sketch.biggestGroupShare <= BIGGEST_SHARE_MAX
  );
}

function isNamedAsKey({ names }: FieldNode): boolean {
  return NAME_OF_KEY.test(names.at(-1)!.slice(-NAME_LENGTH_MAX));
}

/** Names of keys first; then by how evenly the values are spread. */
function rankOf(node: FieldNode): number {
  return (isNamedAsKey(node) ? 1 : 0) - node.sketch!.biggestGroupShare;
}
