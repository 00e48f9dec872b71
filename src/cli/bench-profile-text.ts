import type { HandlerReport, HotSpot } from '../bench/report.ts';
import type { Painter } from './bench-pipeline-text.ts';
import { formatBytes, formatShare } from './format.ts';
import { COLUMNS, cut, onOneLine, padded } from './text-columns.ts';

/** The part of a bench that says where the time goes, and the memory, for a terminal. */
export function profileLines({ profile, heap }: HandlerReport, paint: Painter): string[] {
  const lines: string[] = [];
  if (profile?.file !== undefined) {
    lines.push('  hottest functions', ...spotLines(profile.functions, paint));
    if (profile.lines.length > 0)
      lines.push('  hottest lines of the handler', ...spotLines(profile.lines, paint));
    lines.push(paint.dim(`    ${cut(onOneLine(profile.file), WIDTH)}`));
  }
  if (heap !== undefined) {
    lines.push(`  what allocates most, of ${formatBytes(heap.bytes)}`, ...spotLines(heap.functions, paint));
    if (heap.file !== undefined) lines.push(paint.dim(`    ${cut(onOneLine(heap.file), WIDTH)}`));
  }
  return lines;
}

const WIDTH = COLUMNS - 6;
const NAME_WIDTH = 36;
const PLACE_WIDTH = WIDTH - NAME_WIDTH - 8;

/** What would be told as 0.0 % is nothing to look at. */
const SHARE_MIN = 0.0005;

function spotLines(spots: readonly HotSpot[], paint: Painter): string[] {
  const told = spots.filter(({ share }) => share >= SHARE_MIN);
  return told.map(({ name, place, share }) => {
    const label = padded(cut(onOneLine(name), NAME_WIDTH), NAME_WIDTH, false);
    const where = cut(onOneLine(place), PLACE_WIDTH);
    return `    ${padded(formatShare(share), 5, true)}  ${paint.cyan(label)}  ${paint.dim(where)}`;
  });
}
