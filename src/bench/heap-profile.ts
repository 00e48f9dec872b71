import type { HeapProfiler } from 'node:inspector';
import { hottest, spotOf } from './cpu-profile.ts';
import type { HeapReport, HotSpot } from './report.ts';
import { placeUrl, type SourcePlaces } from './source-places.ts';

/** What was allocated by which function, with places those of the files that were written by hand. */

type Node = HeapProfiler.SamplingHeapProfileNode;

export interface ReadHeapProfile {
  readonly mapped: HeapProfiler.SamplingHeapProfile;
  readonly report: Omit<HeapReport, 'file'>;
}

export function readHeapProfile(
  profile: HeapProfiler.SamplingHeapProfile,
  places: SourcePlaces,
): ReadHeapProfile {
  const sums = new Map<string, { name: string; place: string; bytes: number }>();
  let all = 0;
  const walk = (node: Node): Node => {
    const { callFrame, selfSize, children } = node;
    all += selfSize;
    const spot = spotOf(callFrame, places);
    const key = `${spot.name} ${spot.place}`;
    const sum = sums.get(key) ?? { ...spot, bytes: 0 };
    sum.bytes += selfSize;
    sums.set(key, sum);
    const place = places.at(callFrame.url, callFrame.lineNumber, callFrame.columnNumber);
    const own =
      place === undefined
        ? callFrame
        : { ...callFrame, url: placeUrl(place), lineNumber: place.line - 1, columnNumber: place.column - 1 };
    return { ...node, callFrame: own, children: children.map(walk) };
  };
  const mapped = { ...profile, head: walk(profile.head) };
  const spots: HotSpot[] = [...sums.values()]
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, place, bytes }) => ({ name, place, share: bytes / all }));
  return { mapped, report: { functions: hottest(spots), bytes: all } };
}
