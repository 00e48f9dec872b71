import type { EventWriter } from './event-writer.ts';
import { type Piece, pick, piece, pieces } from './pieces.ts';
import type { Random } from './random.ts';

/** Nexmark's texts: names, places, random strings, and the channels of bids, of which four are hot. */

const FIRST_NAMES = pieces('Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter'.split(','));
const LAST_NAMES = pieces('Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris'.split(','));
const STATES = pieces('AZ,CA,ID,OR,WA,WY'.split(','));
const CITIES = pieces(
  'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(','),
);
const NAME = piece(',"name":"');
const COM = piece('.com');
const CARD = piece('","creditCard":"');
const CITY = piece('","city":"');
const STATE = piece('","state":"');
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'];
const CHANNELS = 10_000;
/** One of so many bids comes through a channel that is not hot, and one of so many channels has no id in its URL. */
const HOT_CHANNEL_RATIO = 2;
const URL_WITHOUT_ID_RATIO = 10;

/** Shortest random string; a longest one of n has less than n characters. */
const STRING_LENGTH_MIN = 3;
/** One of so many characters is not a letter. */
const LETTERS = 26;
const SPECIAL_RATIO = 13;
const [BLANK, AT, QUOTE, LETTER_A] = [0x20, 0x40, 0x22, 0x61];

export class NexmarkTexts {
  /** What the names of a person's members take, and is no part of its size. */
  static readonly personNamesBytes =
    NAME.length + '","emailAddress":"'.length + CARD.length + CITY.length + STATE.length + 1;

  readonly #hot: readonly Piece[];
  readonly #others: readonly Piece[];

  constructor(random: Random) {
    this.#hot = HOT_CHANNELS.map(name => channelPiece(name, baseUrl(random)));
    this.#others = Array.from({ length: CHANNELS }, (_, number) => {
      const url = baseUrl(random);
      const hasId = random.below(URL_WITHOUT_ID_RATIO) > 0;
      return channelPiece(`channel-${number}`, hasId ? `${url}&channel_id=${channelId(number)}` : url);
    });
  }

  writeName(out: EventWriter, random: Random): void {
    out.copy(NAME);
    out.copy(pick(random, FIRST_NAMES));
    out.byte(BLANK);
    out.copy(pick(random, LAST_NAMES));
  }

  writeEmail(out: EventWriter, random: Random): void {
    this.writeString(out, random, 7);
    out.byte(AT);
    this.writeString(out, random, 5);
    out.copy(COM);
  }

  writeCardAndPlace(out: EventWriter, random: Random): void {
    out.copy(CARD);
    for (let group = 0; group < 4; group++) {
      if (group > 0) out.byte(BLANK);
      out.digits(random.below(10_000), 4);
    }
    out.copy(CITY);
    out.copy(pick(random, CITIES));
    out.copy(STATE);
    out.copy(pick(random, STATES));
    out.byte(QUOTE);
  }

  /** The members `channel` and `url` of a bid. */
  writeChannel(out: EventWriter, random: Random): void {
    out.copy(pick(random, random.below(HOT_CHANNEL_RATIO) > 0 ? this.#hot : this.#others));
  }

  /** Letters and blanks, the first and the last a letter. */
  writeString(out: EventWriter, random: Random, lengthMax: number): void {
    const length = STRING_LENGTH_MIN + random.below(lengthMax - STRING_LENGTH_MIN);
    for (let place = 0; place < length; place++) {
      const isInner = place > 0 && place < length - 1;
      if (isInner && random.below(SPECIAL_RATIO) === 0) out.byte(BLANK);
      else out.byte(LETTER_A + random.below(LETTERS));
    }
  }
}

function channelPiece(channel: string, url: string): Piece {
  return piece(`,"channel":"${channel}","url":"${url}"`);
}

function baseUrl(random: Random): string {
  const parts = Array.from({ length: 3 }, () => {
    const length = STRING_LENGTH_MIN + random.below(5 - STRING_LENGTH_MIN);
    return Array.from({ length }, () =>
      random.below(SPECIAL_RATIO) === 0 ? '_' : String.fromCharCode(LETTER_A + random.below(LETTERS)),
    ).join('');
  });
  return `https://www.nexmark.com/${parts.join('/')}/item.htm?query=1`;
}

/** The bits of the number in the opposite order, as a size. */
function channelId(number: number): number {
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) if (((number >>> bit) & 1) === 1) bits |= 1 << (31 - bit);
  return Math.abs(bits);
}
