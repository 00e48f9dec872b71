import type { HandlerFile } from '../worker/protocol.ts';

/** What is measured: a handler, compiled, under the name that tells it from the others. */
export interface Subject {
  readonly name: string;
  /** The file that a run is to be given. */
  readonly path: string;
  readonly handler: HandlerFile;
  /** To be called when it is no longer needed. */
  readonly release: () => Promise<void>;
  /** Whether the others are compared with it. */
  readonly isBaseline: boolean;
}

/** How all of them are called. */
export interface Calling {
  readonly key: string | undefined;
  readonly where: string | undefined;
  readonly select: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly lineBytesMax: number;
  readonly heapMiBMax: number;
  readonly overrides: Readonly<Record<string, unknown>>;
}
