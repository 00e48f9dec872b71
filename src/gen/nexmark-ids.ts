import type { Random } from './random.ts';

/**
 * Nexmark's rules for ids: which event of a run is what, which persons and auctions there are by then, and which of them are hot.
 * Events come in groups of 50: a person, three auctions, 46 bids. Everything follows from the event's number and a few draws, so
 * nothing is remembered of the events before.
 */

export const PROPORTIONS = { person: 1, auction: 3, bid: 46 } as const;
const GROUP = PROPORTIONS.person + PROPORTIONS.auction + PROPORTIONS.bid;

const FIRST_PERSON = 1000;
const FIRST_AUCTION = 1000;
export const FIRST_CATEGORY = 10;

/** Auctions that a bid may be for, and persons that may act, counted from the last one back. */
export const IN_FLIGHT_AUCTIONS = 100;
const ACTIVE_PERSONS = 1000;
/** Ids that do not exist yet, and are drawn as well. */
const ID_LEAD = 10;

/** One of so many draws is not for a hot auction, seller, bidder. */
const HOT_AUCTION_RATIO = 2;
const HOT_SELLER_RATIO = 4;
const HOT_BIDDER_RATIO = 4;
/** In each hundred of ids the first auction and seller are hot, and the second bidder. */
const HOT_EACH = 100;

export type NexmarkKind = 'person' | 'auction' | 'bid';

export function kindOf(n: number): NexmarkKind {
  const place = n % GROUP;
  if (place < PROPORTIONS.person) return 'person';
  return place < PROPORTIONS.person + PROPORTIONS.auction ? 'auction' : 'bid';
}

/** The person that event `n` is. */
export function personId(n: number): number {
  return FIRST_PERSON + lastPerson(n);
}

/** The auction that event `n` is; with `random`, the one that a bid is for. */
export function auctionId(n: number, random?: Random): number {
  const last = lastAuction(n);
  if (random === undefined) return FIRST_AUCTION + last;
  if (random.below(HOT_AUCTION_RATIO) > 0) return FIRST_AUCTION + last - (last % HOT_EACH);
  const first = Math.max(last - IN_FLIGHT_AUCTIONS, 0);
  return FIRST_AUCTION + first + random.below(last - first + 1 + ID_LEAD);
}

export function sellerId(n: number, random: Random): number {
  return hotOrActive(n, random, HOT_SELLER_RATIO, 0);
}

export function bidderId(n: number, random: Random): number {
  return hotOrActive(n, random, HOT_BIDDER_RATIO, 1);
}

function hotOrActive(n: number, random: Random, ratio: number, hotPlace: number): number {
  const last = lastPerson(n);
  if (random.below(ratio) > 0) return FIRST_PERSON + last - (last % HOT_EACH) + hotPlace;
  const persons = last + 1;
  const active = Math.min(persons, ACTIVE_PERSONS);
  return FIRST_PERSON + persons - active + random.below(active + ID_LEAD);
}

/** The last person there is when event `n` comes, itself included; counted from 0. */
function lastPerson(n: number): number {
  const place = Math.min(n % GROUP, PROPORTIONS.person - 1);
  return Math.floor(n / GROUP) * PROPORTIONS.person + place;
}

/** The last auction there is when event `n` comes, itself included; counted from 0, and -1 before the first. */
function lastAuction(n: number): number {
  const group = Math.floor(n / GROUP);
  const place = n % GROUP;
  if (place < PROPORTIONS.person) return group * PROPORTIONS.auction - 1;
  return group * PROPORTIONS.auction + Math.min(place - PROPORTIONS.person, PROPORTIONS.auction - 1);
}
