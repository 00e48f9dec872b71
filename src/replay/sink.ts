/** Where a replay goes. */
export interface Sink {
  /** Whether nobody takes any more, which is no failure. */
  readonly closed: boolean;
  /** Gives whole lines out; resolves when more can be given. The bytes are used until then, and not after. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Resolves when all has arrived, as far as the other side tells. */
  readonly end: () => Promise<void>;
  /** Lets go of it, whatever has arrived. */
  readonly abort: () => void;
}
