/** Where things are in a store, and what they are called. */

/** Written to store.json; a store of another version is not touched. */
export const FORMAT_VERSION = 1;

export const SEGMENT_ENDING = '.ndjson';
export const INDEX_ENDING = '.index';
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

export const layout = {
  storeFile: 'store.json',
  topics: (store: string) => `${store}/topics`,
  topic: (store: string, topic: string) => `${store}/topics/${topic}`,
  topicFile: 'topic.json',
  segment: (store: string, topic: string, base: number) =>
    `${store}/topics/${topic}/${digits(base)}${SEGMENT_ENDING}`,
  jobs: (store: string) => `${store}/jobs`,
  job: (store: string, job: string) => `${store}/jobs/${job}`,
  journal: (store: string, job: string) => `${store}/jobs/${job}/journal`,
  lock: (store: string, job: string) => `${store}/jobs/${job}/lock`,
  quarantine: (store: string) => `${store}/quarantine`,
} as const;
