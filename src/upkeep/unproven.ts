import { countLines } from '../base/line-bytes.ts';
import type { Disk, DiskFile } from '../store/disk.ts';
import { layout, segmentName, segmentOf } from '../store/layout.ts';
import { filesOfSealed } from '../store/stray-files.ts';
import type { TopicScan } from './scan-topic.ts';

/** What lies behind the proven end of topics: it may have been committed by records that cannot be read any more. */
export interface Unproven {
  readonly topic: string;
  /** The offset that the first of it would have. */
  readonly from: number;
  /** Whole lines. */
  readonly events: number;
  readonly bytes: number;
}

const PIECE_BYTES = 1024 * 1024;

export async function unprovenOf(
  disk: Disk,
  store: string,
  topics: readonly TopicScan[],
): Promise<Unproven[]> {
  const found: Unproven[] = [];
  for (const { topic, state } of topics) {
    const known = filesOfSealed(state);
    let [events, bytes] = [0, 0];
    for (const name of await disk.list(layout.topic(store, topic))) {
      const segment = segmentOf(name) ?? -1;
      if (known.has(name) || segment < state.end.segment || name.endsWith('.index')) continue;
      const from = name === segmentName(state.end.segment) ? state.end.bytes : 0;
      const rest = await linesFrom(await disk.open(`${layout.topic(store, topic)}/${name}`, 'read'), from);
      events += rest.lines;
      bytes += rest.bytes;
    }
    if (bytes > 0) found.push({ topic, from: state.end.offset, events, bytes });
  }
  return found;
}

async function linesFrom(
  file: DiskFile,
  from: number,
): Promise<{ readonly lines: number; readonly bytes: number }> {
  const buffer = new Uint8Array(PIECE_BYTES);
  let lines = 0;
  let at = from;
  try {
    for (;;) {
      const length = await file.read(buffer, at);
      if (length === 0) return { lines, bytes: at - from };
      lines += countLines(buffer.subarray(0, length));
      at += length;
    }
  } finally {
    await file.close();
  }
}
