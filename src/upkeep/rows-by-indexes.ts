import { type Disk, readWhole } from '../store/disk.ts';
import type { SealedRow, SegmentForm } from '../store/job-state.ts';
import { layout } from '../store/layout.ts';
import { type IndexContent, openIndex } from '../store/segment-index.ts';

/** The sealed segments that have a sound index in the topic's directory, in order; of each the newest edition first. */
export async function rowsByIndexes(disk: Disk, store: string, topic: string): Promise<SealedRow[]> {
  const rows: SealedRow[] = [];
  for (const name of await disk.list(layout.topic(store, topic))) {
    const [, digits, edition] = /^(\d{20})(?:\.(\d{1,15}))?\.index$/.exec(name) ?? [];
    if (digits === undefined) continue;
    const line = await readWhole(disk, `${layout.topic(store, topic)}/${name}`);
    const content = line === undefined ? undefined : openIndex(line);
    const row = content === undefined ? undefined : rowOf(content, edition);
    if (row?.[0] === Number(digits)) rows.push(row);
  }
  return rows.sort((a, b) => a[0] - b[0] || (b[6]?.edition ?? 0) - (a[6]?.edition ?? 0));
}

function rowOf(
  { segment, bytes, events, frames, members }: IndexContent,
  edition?: string,
): SealedRow | undefined {
  const times = frames.map(frame => frame[3]);
  const crc = frames.at(-1)?.[2];
  if (crc === undefined) return undefined;
  const form: SegmentForm = {
    ...(members && { gzip: members.reduce((sum, [size]) => sum + size, 0) }),
    ...(edition !== undefined && { edition: Number(edition), kept: events }),
  };
  const lastTime = times.reduce((latest, time) => Math.max(latest, time), 0);
  const row = [segment, bytes, events, crc, times[0]!, lastTime] as const;
  return Object.keys(form).length === 0 ? row : [...row, form];
}
