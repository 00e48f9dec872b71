/** A run of committed events of a topic, checked against its checksum. */
export interface Frame {
  /** The events, each ended by a newline. Valid until the next frame is asked for. */
  readonly bytes: Uint8Array;
  /** How many lines these are, each of which has an offset. */
  readonly events: number;
  /** Offset of the first. */
  readonly offset: number;
  /** When they were committed, in milliseconds since 1970. */
  readonly time: number;
  /** Whether lines may be empty: their events were taken out by compaction. */
  readonly sparse: boolean;
}

const NEWLINE = 0x0a;

/** The bytes of those events of a frame that are there. */
export function keptEvents({ bytes, sparse }: Pick<Frame, 'bytes' | 'sparse'>): Uint8Array {
  if (!sparse) return bytes;
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, at) + 1;
    if (end - at > 1) {
      kept.set(bytes.subarray(at, end), length);
      length += end - at;
    }
    at = end;
  }
  return kept.subarray(0, length);
}
