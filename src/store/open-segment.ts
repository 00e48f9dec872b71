import { systemCode } from '../base/errors.ts';
import type { Disk, DiskFile } from './disk.ts';
import { tooShort } from './failure.ts';
import type { SegmentForm } from './job-state.ts';
import { digits, layout } from './layout.ts';

/** Opens the file of a committed segment, to read; rejects with MILLRACE_STORE_SHORT where it is not there. */
export async function openSegment(
  disk: Disk,
  store: string,
  topic: string,
  segment: number,
  form?: SegmentForm,
): Promise<DiskFile> {
  try {
    return await disk.open(layout.segment(store, topic, segment, form), 'read');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw tooShort(`segment ${digits(segment)} of topic "${topic}" is missing`);
  }
}
