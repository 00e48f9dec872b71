import type { EventWriter } from './event-writer.ts';
import { exactExp } from './exact-math.ts';
import {
  auctionId,
  bidderId,
  FIRST_CATEGORY,
  IN_FLIGHT_AUCTIONS,
  kindOf,
  personId,
  PROPORTIONS,
  sellerId,
} from './nexmark-ids.ts';
import { NexmarkTexts } from './nexmark-texts.ts';
import { piece } from './pieces.ts';
import type { Random } from './random.ts';
import type { Kind, Setting, WriteEvent } from './shape.ts';

/** About how long events are by Nexmark's own rules; where they should be longer, it is by more of `extra`. */
export const NEXMARK_BYTES = 300;

/**
 * Nexmark's auction site: of 50 events one is a person, three are auctions, and 46 are bids, with the members, ids, hot ratios,
 * prices and sizes of the generator in github.com/nexmark/nexmark (nexmark-flink/…/flink/generator, at 6b3646c) and its defaults.
 *
 * An event has `event_type` (0, 1, 2) and the member of that name, as the tables of its queries; those of the other two, null there,
 * are left out. Times are ISO 8601. Of bidders, FIRST_PERSON_ID is added once, as in Apache Beam's, where the generator comes from:
 * there it is added twice, so that no bidder is a person that exists.
 */
export const NEXMARK: Kind = {
  name: 'nexmark',
  summary: "Nexmark's persons, auctions and bids, 1 : 3 : 46",
  begin,
};

const PERSON = piece('{"event_type":0,"person":{"id":');
const AUCTION = piece('{"event_type":1,"auction":{"id":');
const BID = piece('{"event_type":2,"bid":{"auction":');
const EMAIL = piece('","emailAddress":"');
const ITEM_NAME = piece(',"itemName":"');
const DESCRIPTION = piece('","description":"');
const INITIAL_BID = piece('","initialBid":');
const RESERVE = piece(',"reserve":');
const DATE_TIME = piece(',"dateTime":"');
const EXPIRES = piece('","expires":"');
const SELLER = piece('","seller":');
const CATEGORY = piece(',"category":');
const BIDDER = piece(',"bidder":');
const PRICE = piece(',"price":');
const EXTRA_AFTER_TEXT = piece('","extra":"');
const EXTRA = piece(',"extra":"');
const END = piece('"}}');
const CATEGORIES = 5;

/** The average sizes of the generator, and what it counts for the numbers of an event. */
const PERSON_BYTES = 200;
const AUCTION_BYTES = 500;
const BID_BYTES = 100;
const AUCTION_NUMBERS_BYTES = 48;
const BID_NUMBERS_BYTES = 32;
const PERSON_NUMBERS_BYTES = 8;

/** ln 10^6: prices are 100 times 10 to the power of a number from 0 to 6. */
const PRICE_EXPONENT = 13.815510557964274;

function begin({ random, bytes, stepMs }: Setting): WriteEvent {
  const texts = new NexmarkTexts(random);
  const { person, auction, bid } = PROPORTIONS;
  // How long auctions run: until as many more as are in flight have begun, on average.
  const horizonMs = Math.floor(
    Math.floor((IN_FLIGHT_AUCTIONS * (person + auction + bid)) / auction) * stepMs,
  );
  return (out, n, timeMs) => {
    const start = out.at;
    const kind = kindOf(n);
    if (kind === 'person') writePerson(out, random, texts, n, timeMs);
    else if (kind === 'auction') writeAuction(out, random, texts, n, timeMs, horizonMs);
    else writeBid(out, random, texts, n, timeMs);
    const missing = start + bytes - out.at - END.length - 1;
    if (bytes > NEXMARK_BYTES && missing > 0) out.text(random.bits(), missing);
    out.copy(END);
  };
}

function writePerson(out: EventWriter, random: Random, texts: NexmarkTexts, n: number, timeMs: number): void {
  out.copy(PERSON);
  out.whole(personId(n));
  const start = out.at;
  texts.writeName(out, random);
  out.copy(EMAIL);
  texts.writeEmail(out, random);
  texts.writeCardAndPlace(out, random);
  const length = out.at - start;
  out.copy(DATE_TIME);
  out.time(timeMs);
  out.copy(EXTRA_AFTER_TEXT);
  writeExtra(out, random, PERSON_NUMBERS_BYTES + length - NexmarkTexts.personNamesBytes, PERSON_BYTES);
}

function writeAuction(
  out: EventWriter,
  random: Random,
  texts: NexmarkTexts,
  n: number,
  timeMs: number,
  horizonMs: number,
): void {
  out.copy(AUCTION);
  out.whole(auctionId(n));
  const seller = sellerId(n, random);
  const category = FIRST_CATEGORY + random.below(CATEGORIES);
  const initialBid = price(random);
  const expiresMs = timeMs + 1 + random.below(Math.max(horizonMs * 2, 1));
  const start = out.at;
  out.copy(ITEM_NAME);
  texts.writeString(out, random, 20);
  out.copy(DESCRIPTION);
  texts.writeString(out, random, 100);
  const length = out.at - start - ITEM_NAME.length - DESCRIPTION.length;
  out.copy(INITIAL_BID);
  out.whole(initialBid);
  out.copy(RESERVE);
  out.whole(initialBid + price(random));
  out.copy(DATE_TIME);
  out.time(timeMs);
  out.copy(EXPIRES);
  out.time(expiresMs);
  out.copy(SELLER);
  out.whole(seller);
  out.copy(CATEGORY);
  out.whole(category);
  out.copy(EXTRA);
  writeExtra(out, random, AUCTION_NUMBERS_BYTES + length, AUCTION_BYTES);
}

function writeBid(out: EventWriter, random: Random, texts: NexmarkTexts, n: number, timeMs: number): void {
  out.copy(BID);
  out.whole(auctionId(n, random));
  out.copy(BIDDER);
  out.whole(bidderId(n, random));
  out.copy(PRICE);
  out.whole(price(random));
  texts.writeChannel(out, random);
  out.copy(DATE_TIME);
  out.time(timeMs);
  out.copy(EXTRA_AFTER_TEXT);
  writeExtra(out, random, BID_NUMBERS_BYTES, BID_BYTES);
}

function price(random: Random): number {
  return Math.round(exactExp(random.unit() * PRICE_EXPONENT) * 100);
}

/** Letters that bring what has `bytes` so far to `average` bytes, more or less by a fifth of what is missing. */
function writeExtra(out: EventWriter, random: Random, bytes: number, average: number): void {
  if (bytes > average) return;
  const missing = average - bytes;
  const delta = Math.round(missing * 0.2);
  const length = missing - delta + (delta === 0 ? 0 : random.below(2 * delta));
  out.text(random.bits(), length);
}
