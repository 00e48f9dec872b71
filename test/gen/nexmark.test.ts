import { describe, expect, test } from 'vitest';
import { eventsOf, specOf } from './made-events.ts';

/** Nexmark's events against the rules of its generator, which the test has in its own words: a count of what came before. */

interface Event {
  readonly event_type: 0 | 1 | 2;
  readonly person?: { readonly id: number; readonly creditCard: string; readonly extra: string };
  readonly auction?: {
    readonly id: number;
    readonly initialBid: number;
    readonly reserve: number;
    readonly dateTime: string;
    readonly expires: string;
    readonly seller: number;
    readonly category: number;
  };
  readonly bid?: {
    readonly auction: number;
    readonly bidder: number;
    readonly price: number;
    readonly channel: string;
    readonly url: string;
    readonly extra: string;
  };
}

const EVENTS = eventsOf<Event>(specOf('nexmark'), 100_000);

/** Of every event the last person and the last auction there were by then. */
function* withLast(): Generator<{ event: Event; person: number; auction: number }> {
  let [person, auction] = [999, 999];
  for (const event of EVENTS) {
    if (event.person !== undefined) person = event.person.id;
    if (event.auction !== undefined) auction = event.auction.id;
    yield { event, person, auction };
  }
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length;
}

describe('Nexmark', () => {
  test('has one person, three auctions and 46 bids in 50 events, in this order', () => {
    const expected = EVENTS.map((_, n) => (n % 50 === 0 ? 0 : n % 50 < 4 ? 1 : 2));
    expect(EVENTS.map(({ event_type }) => event_type)).toEqual(expected);
  });

  test('numbers persons and auctions from 1000 on', () => {
    const persons = EVENTS.flatMap(({ person }) => person?.id ?? []);
    const auctions = EVENTS.flatMap(({ auction }) => auction?.id ?? []);
    expect(persons).toEqual(persons.map((_, n) => 1000 + n));
    expect(auctions).toEqual(auctions.map((_, n) => 1000 + n));
  });

  test('has half of the bids on a hot auction, and the others on one in flight or about to come', () => {
    const bids = [...withLast()].flatMap(({ event: { bid }, auction }) =>
      bid === undefined ? [] : [{ hot: auction - (auction % 100), auction: bid.auction, last: auction }],
    );
    // One of the others may be the hot one by chance.
    expect(shareOf(bids, ({ hot, auction }) => hot === auction)).toBeCloseTo(0.505, 1.5);
    const others = bids.filter(({ hot, auction }) => auction !== hot);
    expect(
      others.filter(({ auction, last }) => auction < Math.max(1000, last - 100) || auction > last + 10),
    ).toEqual([]);
  });

  test('has three quarters of bidders and sellers hot, who are not the same, and the others active', () => {
    const acts = [...withLast()].flatMap(({ event: { bid, auction }, person }) => {
      const hot = person - (person % 100);
      if (bid !== undefined) return [{ hot: hot + 1, id: bid.bidder, last: person, kind: 'bid' }];
      return auction === undefined ? [] : [{ hot, id: auction.seller, last: person, kind: 'auction' }];
    });
    for (const kind of ['bid', 'auction']) {
      const some = acts.filter(act => act.kind === kind);
      expect(shareOf(some, ({ hot, id }) => hot === id)).toBeCloseTo(0.75, 1);
      const others = some.filter(({ hot, id }) => id !== hot);
      expect(others.filter(({ id, last }) => id <= Math.max(999, last - 1000) || id > last + 10)).toEqual([]);
    }
  });

  test('has prices that are spread evenly over their powers of ten', () => {
    const prices = EVENTS.flatMap(({ bid }) => bid?.price ?? []);
    for (let power = 2; power < 8; power++) {
      const share = shareOf(prices, price => price >= 10 ** power && price < 10 ** (power + 1));
      expect(share).toBeCloseTo(1 / 6, 1.5);
    }
  });

  test('has half of the bids from four channels, and one URL for each channel', () => {
    const bids = EVENTS.flatMap(({ bid }) => bid ?? []);
    expect(shareOf(bids, ({ channel }) => !channel.startsWith('channel-'))).toBeCloseTo(0.5, 1.5);
    const urls = new Map<string, string>();
    for (const { channel, url } of bids) urls.set(channel, url);
    expect(bids.filter(({ channel, url }) => urls.get(channel) !== url)).toEqual([]);
    expect(bids[0]!.extra).toMatch(/^[a-z]{54,82}$/);
  });

  test('has auctions that end, with a reserve above the first bid', () => {
    const persons = EVENTS.flatMap(({ person }) => person ?? []);
    expect(persons.filter(({ creditCard }) => !/^\d{4} \d{4} \d{4} \d{4}$/.test(creditCard))).toEqual([]);
    for (const auction of EVENTS.flatMap(event => event.auction ?? [])) {
      expect(Date.parse(auction.expires)).toBeGreaterThan(Date.parse(auction.dateTime));
      expect(auction.reserve).toBeGreaterThan(auction.initialBid);
      expect(auction.category).toBeGreaterThanOrEqual(10);
      expect(auction.category).toBeLessThan(15);
    }
  });
});
