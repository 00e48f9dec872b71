import type { Profiler } from 'node:inspector';
import type { CpuReport, FlameNode, HotSpot } from './report.ts';
import { placeText, placeUrl, type SourcePlaces } from './source-places.ts';

/**
 * A CPU profile, with its places those of the files that were written by hand, and what is hottest in it.
 *
 * Functions of millrace itself are told apart from those of the handler by their place.
 */

type Node = Profiler.ProfileNode;

const HOTTEST = 10;
/** What takes less of the time is not drawn. */
const FLAME_SHARE_MIN = 0.001;
const FLAME_DEPTH_MAX = 120;
/** Not what the thread did. */
const IDLE = new Set(['(idle)', '(root)']);

export interface ReadProfile {
  /** As it is to be written to a file. */
  readonly mapped: Profiler.Profile;
  readonly report: Omit<CpuReport, 'file'>;
}

export function readCpuProfile(profile: Profiler.Profile, places: SourcePlaces): ReadProfile {
  const ownUs = ownTimes(profile);
  const busyUs = profile.nodes.reduce(
    (sum, { id, callFrame }) => sum + (IDLE.has(callFrame.functionName) ? 0 : (ownUs.get(id) ?? 0)),
    0,
  );
  const mapped = { ...profile, nodes: profile.nodes.map(node => mapNode(node, places)) };
  return {
    mapped,
    report: {
      functions: hotFunctions(profile.nodes, ownUs, busyUs, places),
      lines: hotLines(profile.nodes, places),
      flame: flameOf(profile.nodes, ownUs, busyUs, places),
    },
  };
}

/** The time of each node without what it calls: that until the next sample belongs to a sample. */
function ownTimes({ samples = [], timeDeltas = [] }: Profiler.Profile): Map<number, number> {
  const ownUs = new Map<number, number>();
  for (const [at, id] of samples.entries()) {
    ownUs.set(id, (ownUs.get(id) ?? 0) + Math.max(0, timeDeltas[at + 1] ?? 0));
  }
  return ownUs;
}

function mapNode(node: Node, places: SourcePlaces): Node {
  const { url, lineNumber, columnNumber } = node.callFrame;
  const place = places.at(url, lineNumber, columnNumber);
  if (place === undefined) return node;
  const callFrame = {
    ...node.callFrame,
    url: placeUrl(place),
    lineNumber: place.line - 1,
    columnNumber: place.column - 1,
  };
  const positionTicks = node.positionTicks?.map(({ line, ticks }) => ({
    line: places.atLine(url, line - 1)?.line ?? line,
    ticks,
  }));
  return { ...node, callFrame, ...(positionTicks && { positionTicks }) };
}

export interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** All files of millrace, built or not: this one is in one of the directories that lie side by side. */
const OWN_URL = new URL('..', import.meta.url).href;

/** A function's name, and where it stands. */
export function spotOf(frame: Frame, places: SourcePlaces): { name: string; place: string } {
  const { functionName, url, lineNumber, columnNumber } = frame;
  const own = places.at(url, lineNumber, columnNumber);
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (own !== undefined) return { name, place: placeText(own) };
  if (url === '') return { name, place: '' };
  if (url.startsWith('node:')) return { name, place: url };
  if (url.startsWith(OWN_URL)) return { name, place: 'millrace' };
  if (url.startsWith('wasm:')) return { name, place: 'WebAssembly' };
  const [, packageName] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  return { name, place: packageName ?? url };
}

function hotFunctions(
  nodes: readonly Node[],
  ownUs: ReadonlyMap<number, number>,
  busyUs: number,
  places: SourcePlaces,
): HotSpot[] {
  const sums = new Map<string, { name: string; place: string; us: number }>();
  for (const { id, callFrame } of nodes) {
    const us = ownUs.get(id) ?? 0;
    if (us === 0 || IDLE.has(callFrame.functionName)) continue;
    const spot = spotOf(callFrame, places);
    const key = `${spot.name} ${spot.place}`;
    const sum = sums.get(key) ?? { ...spot, us: 0 };
    sum.us += us;
    sums.set(key, sum);
  }
  return hottest([...sums.values()].map(({ name, place, us }) => ({ name, place, share: us / busyUs })));
}

export function hottest(spots: readonly HotSpot[]): HotSpot[] {
  return [...spots].sort((a, b) => b.share - a.share).slice(0, HOTTEST);
}

/** Lines of the handler's own files. */
function hotLines(nodes: readonly Node[], places: SourcePlaces): HotSpot[] {
  const sums = new Map<string, { name: string; place: string; ticks: number }>();
  let all = 0;
  for (const { callFrame, positionTicks = [] } of nodes) {
    for (const { line, ticks } of positionTicks) {
      if (!IDLE.has(callFrame.functionName)) all += ticks;
      const place = places.atLine(callFrame.url, line - 1);
      if (place === undefined) continue;
      const key = placeText(place);
      const sum = sums.get(key) ?? { name: places.text(place), place: key, ticks: 0 };
      sum.ticks += ticks;
      sums.set(key, sum);
    }
  }
  return hottest([...sums.values()].map(({ name, place, ticks }) => ({ name, place, share: ticks / all })));
}

/** The calls as a tree, those of one function from one place put together. */
function flameOf(
  nodes: readonly Node[],
  ownUs: ReadonlyMap<number, number>,
  busyUs: number,
  places: SourcePlaces,
): FlameNode {
  const byId = new Map(nodes.map(node => [node.id, node]));
  const totals = new Map<number, number>();
  // Children have greater numbers than what calls them.
  for (const { id, children = [] } of [...nodes].sort((a, b) => b.id - a.id)) {
    totals.set(
      id,
      children.reduce((sum, child) => sum + (totals.get(child) ?? 0), ownUs.get(id) ?? 0),
    );
  }
  const below = (ids: readonly number[], depth: number): FlameNode[] => {
    const merged = new Map<string, { name: string; place: string; value: number; ids: number[] }>();
    for (const id of ids) {
      const { callFrame, children = [] } = byId.get(id)!;
      if (IDLE.has(callFrame.functionName)) continue;
      const spot = spotOf(callFrame, places);
      const key = `${spot.name} ${spot.place}`;
      const sum = merged.get(key) ?? { ...spot, value: 0, ids: [] };
      sum.value += totals.get(id)!;
      sum.ids.push(...children);
      merged.set(key, sum);
    }
    return [...merged.values()]
      .filter(({ value }) => value >= busyUs * FLAME_SHARE_MIN)
      .sort((a, b) => b.value - a.value)
      .map(({ name, place, value, ids: next }) => ({
        name,
        place,
        value: Math.round(value),
        children: depth < FLAME_DEPTH_MAX ? below(next, depth + 1) : [],
      }));
  };
  const roots = nodes.filter(({ callFrame }) => callFrame.functionName === '(root)');
  const children = below(
    roots.flatMap(({ children: ids = [] }) => ids),
    0,
  );
  return { name: 'all', place: '', value: Math.round(busyUs), children };
}
