import type { Quantiles } from './log-histogram.ts';
import type { TimeFormat } from './event-time.ts';
import type { DistinctCount } from './distinct.ts';

/** What is found out about inputs: the object that `millrace inspect --json` prints. docs/INSPECT.md explains it. */
export interface Report {
  /** The sources that were read, as they are named in messages. */
  readonly sources: readonly string[];
  /** Why reading ended. */
  readonly ended: 'at-end' | 'at-limit' | 'interrupted';
  readonly lines: number;
  /** Bytes of those lines with their newlines, those that were passed over included. */
  readonly bytes: number;
  readonly events: number;
  readonly blank: Counted;
  readonly invalid: Counted & { readonly first: readonly InvalidLine[] };
  readonly tooLong: Counted & { readonly longestBytes: number; readonly limitBytes: number };
  /** Bytes of events, without their newlines; absent where there are none. */
  readonly sizes?: Quantiles | undefined;
  readonly time?: TimeReport | undefined;
  readonly key?: KeyReport | undefined;
  /** Fields that may do as a key; empty where one was named. */
  readonly keyCandidates: readonly KeyCandidate[];
  /** What the events themselves are, and the fields that most of them have, in the order in which they were first seen. */
  readonly event?: FieldReport | undefined;
  readonly fields: readonly FieldReport[];
  /** How many fields are not in the list; an estimate above about a thousand. */
  readonly moreFields: number;
  readonly advice: readonly string[];
}

/** Lines, and what share of all lines they are. */
export interface Counted {
  readonly lines: number;
  readonly share: number;
}

export interface InvalidLine {
  readonly source: string;
  readonly line: number;
  readonly reason: string;
}

export interface TimeReport {
  readonly path: string;
  readonly found: 'named' | 'by-name' | 'by-value';
  /** Events in which it is a time, and those in which it is none. */
  readonly events: number;
  readonly eventsWithout: number;
  /** Absent where it is a time in no event. */
  readonly seen: TimesSeen | undefined;
}

/** Times are ISO 8601 in UTC. */
export interface TimesSeen {
  /** The format that most events have. */
  readonly format: TimeFormat;
  /** Of the first and the last event that were read, and the least and the greatest of all. */
  readonly first: string;
  readonly last: string;
  readonly earliest: string;
  readonly latest: string;
  readonly spanMs: number;
  readonly rate: {
    /** Events for each second between the earliest and the latest. */
    readonly perSecond: number;
    /** Events in the second that has most of them. */
    readonly peak: number;
    readonly peakAt: string;
    readonly peakTimesMean: number;
  };
  readonly order: {
    /** Events that are earlier than one before them. */
    readonly late: number;
    readonly lateShare: number;
    /** The most that an event is earlier than the one just before it. */
    readonly stepBackMaxMs: number;
    /** How much earlier events are than the latest that was read before them; 0 for those that are not. */
    readonly latenessMs: SomeQuantiles;
  };
  /** How long before it was read each event happened. */
  readonly lagMs: SomeQuantiles;
  /** Events that had not happened yet when they were read. */
  readonly inFuture: number;
}

export type SomeQuantiles = Pick<Quantiles, 'p50' | 'p99' | 'max'>;

export interface KeyReport {
  readonly path: string;
  /** Events that have the key, and what share of all events they are. */
  readonly events: number;
  readonly share: number;
  readonly distinct: DistinctCount;
  readonly heavy: readonly HeavyKey[];
  /** How much too high each count may be, and how often a key that is not among `heavy` may have come unseen. */
  readonly heavyErrorMax: number;
  /** Key groups that have events, and the share that the biggest has of the events with a key. */
  readonly groups: { readonly used: number; readonly biggestShare: number };
  /** For each number of workers the share of the events with a key that the busiest lane has. */
  readonly lanes: readonly { readonly workers: number; readonly busiestShare: number }[];
}

export interface HeavyKey {
  readonly key: string;
  readonly events: number;
  /** Of the events with a key. */
  readonly share: number;
}

export interface KeyCandidate {
  readonly path: string;
  readonly presence: number;
  /** About how many different values. */
  readonly distinct: number;
  /** The most that any value can have of the events; about that of the biggest key group. */
  readonly biggestShareMax: number;
}

export type FieldType = 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'object' | 'array';

export interface FieldReport {
  readonly path: string;
  /** Share of the events that have it. */
  readonly presence: number;
  /** For each type the share of the values that are of it. */
  readonly types: Readonly<Partial<Record<FieldType, number>>>;
  /** About how many different texts and numbers; absent where there are none. */
  readonly distinct?: number | undefined;
  readonly example?: string | number | boolean | undefined;
}
