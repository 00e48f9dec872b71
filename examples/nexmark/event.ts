/** The events of `millrace gen nexmark`. */

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  /** In cents. */
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: string;
  readonly extra: string;
}

/** A bid, or a person or an auction, of which no query here asks anything. */
export interface NexmarkEvent {
  readonly event_type: 0 | 1 | 2;
  readonly bid?: Bid;
}
