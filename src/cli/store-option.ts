import { Option } from 'commander';
import { KiB, MiB, SEGMENT_BYTES } from '../base/limits.ts';
import { sizeBetween } from './parse-values.ts';

/** `--store`, the same for every command; MILLRACE_STORE sets it for all. */
export function storeOption(): Option {
  return new Option('-s, --store <dir>', 'directory of the log store')
    .env('MILLRACE_STORE')
    .default('.millrace');
}

/** `--segment-size`, the same for every command that writes events. */
export function segmentSizeOption(): Option {
  return new Option('--segment-size <size>', 'size at which a segment of the log is rolled')
    .argParser(sizeBetween(1 * KiB, 1024 * 1024 * MiB))
    .default(SEGMENT_BYTES, '128MiB');
}
