import type { EventWriter } from './event-writer.ts';
import { pick, piece, pieces } from './pieces.ts';
import type { Kind, Setting, WriteEvent } from './shape.ts';

/**
 * The ad events of the Yahoo streaming benchmark: its members, ad and event types, and a hundred users and pages, as
 * `make-kafka-event-at` in github.com/yahoo/streaming-benchmarks (data/src/setup/core.clj) has them. There, a campaign has ten
 * ads, and which one an ad belongs to is looked up in Redis. Here an ad's id ends in its number, in hexadecimal digits, so that
 * its campaign is `Math.floor(parseInt(ad_id.slice(24), 16) / 10)`.
 */
export const ADS: Kind = {
  name: 'ads',
  summary: "the Yahoo streaming benchmark's ad events: views, clicks, purchases",
  begin,
};

const PEOPLE = 100;
const PAGES = 100;
const USER = piece('{"user_id":"');
const PAGE = piece('","page_id":"');
const AD = piece('","ad_id":"');
const AD_TYPES = pieces(
  ['banner', 'modal', 'sponsored-search', 'mail', 'mobile'].map(type => `","ad_type":"${type}`),
);
const EVENT_TYPES = pieces(['view', 'click', 'purchase'].map(type => `","event_type":"${type}`));
const TIME = piece('","event_time":"');
const ADDRESS = piece('","ip_address":"1.2.3.4"');
const PAD = piece(',"pad":"');
const [HYPHEN, QUOTE, BRACE] = [0x2d, 0x22, 0x7d];
const PAD_BYTES_MIN = 300;
/** The version 4 and the variant of an id, which are the same in all. */
const VERSION = piece('-4');
const VARIANT = piece('-a');

function begin({ random, keys, bytes }: Setting): WriteEvent {
  const salt = [random.bits(), random.bits(), random.bits()] as const;
  return (out, _n, timeMs) => {
    const start = out.at;
    out.copy(USER);
    writeId(out, salt[0], random.below(PEOPLE));
    out.copy(PAGE);
    writeId(out, salt[1], random.below(PAGES));
    out.copy(AD);
    writeId(out, salt[2], keys.draw());
    out.copy(pick(random, AD_TYPES));
    out.copy(pick(random, EVENT_TYPES));
    out.copy(TIME);
    out.whole(timeMs);
    out.copy(ADDRESS);
    const pad = start + bytes - out.at - PAD.length - 3;
    if (bytes >= PAD_BYTES_MIN && pad > 0) {
      out.copy(PAD);
      out.text(random.bits(), pad);
      out.byte(QUOTE);
    }
    out.byte(BRACE);
  };
}

/** A UUID that looks like any other, and ends in `number`. */
function writeId(out: EventWriter, salt: number, number: number): void {
  const bits = Math.imul(number ^ salt, 0x9e3779b1);
  const more = Math.imul(bits ^ (bits >>> 15), 0x85ebca77);
  out.hex(bits, 8);
  out.byte(HYPHEN);
  out.hex(more >>> 16, 4);
  out.copy(VERSION);
  out.hex(more, 3);
  out.copy(VARIANT);
  out.hex(more >>> 8, 3);
  out.byte(HYPHEN);
  out.hex(0, 4);
  out.hex(number, 8);
}
