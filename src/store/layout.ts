import type { SegmentForm } from './job-state.ts';

/** Where things are in a store, and what they are called. */

/** Written to store.json of a new store; a store of a version that is not known is not touched. */
export const FORMAT_VERSION = 2;

/** What can be read and written on. */
export const KNOWN_VERSIONS: readonly unknown[] = [1, 2];

export const JOURNAL_ENDING = '.journal';

/** A number as part of a file's name: 20 digits, so that names sort as numbers do. */
export function digits(value: number): string {
  return String(value).padStart(20, '0');
}

/** The number in a name made with `digits` and this ending, or undefined. */
export function numberOf(name: string, ending: string): number | undefined {
  return name.length === 20 + ending.length && name.endsWith(ending) && /^\d{20}/.test(name)
    ? Number(name.slice(0, 20))
    : undefined;
}

/** What the file of a segment is called; a last one has no form. */
export function segmentName(segment: number, form: SegmentForm = {}): string {
  return `${stem(segment, form)}.ndjson${form.gzip === undefined ? '' : '.gz'}`;
}

export function indexName(segment: number, form: SegmentForm = {}): string {
  return `${stem(segment, form)}.index`;
}

function stem(segment: number, { edition }: SegmentForm): string {
  return edition === undefined ? digits(segment) : `${digits(segment)}.${edition}`;
}

/** The first offset in the name of a segment's file or index, in whatever form, or undefined. */
export function segmentOf(name: string): number | undefined {
  const [, segment] = /^(\d{20})(?:\.\d{1,15})?\.(?:ndjson|ndjson\.gz|index)$/.exec(name) ?? [];
  return segment === undefined ? undefined : Number(segment);
}

/** Whether a file has the name of a segment with events, in whatever form. */
export function isSegment(name: string): boolean {
  return segmentOf(name) !== undefined && !name.endsWith('.index');
}

/** The edition in the name of a segment's file or index; 0 where it has none. */
export function editionOf(name: string): number {
  return Number(/^\d{20}\.(\d{1,15})\./.exec(name)?.[1] ?? 0);
}

/** Whether a file has the name of an edition that compaction has written. */
export function isEdition(name: string): boolean {
  return /^\d{20}\.\d/.test(name);
}

export const layout = {
  storeFile: 'store.json',
  topics: (store: string) => `${store}/topics`,
  topic: (store: string, topic: string) => `${store}/topics/${topic}`,
  topicFile: 'topic.json',
  segment: (store: string, topic: string, segment: number, form: SegmentForm = {}) =>
    `${store}/topics/${topic}/${segmentName(segment, form)}`,
  index: (store: string, topic: string, segment: number, form: SegmentForm = {}) =>
    `${store}/topics/${topic}/${indexName(segment, form)}`,
  jobs: (store: string) => `${store}/jobs`,
  job: (store: string, job: string) => `${store}/jobs/${job}`,
  journal: (store: string, job: string) => `${store}/jobs/${job}/journal`,
  lock: (store: string, job: string) => `${store}/jobs/${job}/lock`,
  quarantine: (store: string) => `${store}/quarantine`,
} as const;
