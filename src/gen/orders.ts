import type { EventWriter } from './event-writer.ts';
import { pick, piece, pieces } from './pieces.ts';
import type { Random } from './random.ts';
import type { Kind, Setting, WriteEvent } from './shape.ts';

/**
 * Orders of a shop: objects in objects, one to five items, or as many as a longer event has
 * room for. `total` is the sum of
 * quantity times price over the items, to the cent. Some cities are not ASCII.
 */
export const ORDERS: Kind = { name: 'orders', summary: 'orders of a shop, with their items', begin };

const TS = piece('{"ts":"');
const ORDER = piece('","order":"M-');
const CUSTOMER = piece('","customer":{"id":');
const TIER = piece(',"tier":"');
const TIERS = pieces(['new', 'basic', 'basic', 'basic', 'gold']);
const CITY = piece('","city":"');
const PLACES = pieces(
  ['Hamburg","country":"DE', 'Köln","country":"DE', 'Lyon","country":"FR', 'Évora","country":"PT'].concat([
    'Utrecht","country":"NL',
    'Łódź","country":"PL',
  ]),
);
const ZIP = piece('","zip":"');
const ITEMS = piece('"},"currency":"EUR","items":[');
const SKU = piece('{"sku":"');
const COLOURS = pieces(['-white","name":"', '-sand","name":"', '-brown","name":"', '-slate","name":"']);
const GOODS = pieces([
  'Rye flour, wholemeal',
  'Wheat flour 550',
  'Oat flakes',
  'Spelt grain',
  'Bread tin, 1.5 l',
  'Proofing basket',
]);
const QUANTITY = piece('","quantity":');
const PRICE = piece(',"price":');
const TOTAL = piece('],"total":');
const COUPON = piece(',"coupon":');
const NULL = piece('null');
const SAVE = piece('"SAVE');
const PAYMENTS = pieces(['card', 'card', 'card', 'transfer', 'invoice']);
const PAYMENT = piece(',"payment":{"method":"');
const TOKEN = piece('","token":"');
const GIFT = pieces(['"},"gift":false,"note":"', '"},"gift":true,"note":"']);
const END = piece('"}');
const [COMMA, QUOTE, BRACE] = [0x2c, 0x22, 0x7d];
/** About what an order takes without its items, and one of these. */
const FRAME_BYTES = 300;
const ITEM_BYTES = 90;
const ITEMS_DRAWN_MAX = 4;

function begin({ random, keys, bytes }: Setting): WriteEvent {
  const items = Math.max(1, Math.floor((bytes - FRAME_BYTES) / ITEM_BYTES + 0.5));
  // So many on average, or always where these are many.
  const isLong = items > ITEMS_DRAWN_MAX;
  return (out, n, timeMs) => {
    const start = out.at;
    out.copy(TS);
    out.time(timeMs);
    out.copy(ORDER);
    writeNumber(out, n);
    writeCustomer(out, random, keys.draw());
    const cents = writeItems(out, random, isLong ? items : 1 + random.below(2 * items - 1));
    out.copy(TOTAL);
    out.decimal(cents, 2);
    out.copy(COUPON);
    if (random.below(4) > 0) out.copy(NULL);
    else {
      out.copy(SAVE);
      out.whole(5 + random.below(30));
      out.byte(QUOTE);
    }
    out.copy(PAYMENT);
    out.copy(pick(random, PAYMENTS));
    out.copy(TOKEN);
    for (let word = 0; word < 3; word++) out.hex(random.bits(), 8);
    out.copy(GIFT[random.below(9) === 0 ? 1 : 0]!);
    // All of the note that makes it as long as it should be, or a few words.
    const left = start + bytes - out.at - END.length - 1;
    out.text(random.bits(), isLong ? Math.max(0, left) : 20 + random.below(100));
    out.copy(END);
  };
}

/** Nine digits, or all that it takes. */
function writeNumber(out: EventWriter, n: number): void {
  if (n < 1e9) out.digits(n, 9);
  else out.whole(n);
}

function writeCustomer(out: EventWriter, random: Random, customer: number): void {
  out.copy(CUSTOMER);
  out.whole(customer);
  out.copy(TIER);
  out.copy(pick(random, TIERS));
  out.copy(CITY);
  out.copy(pick(random, PLACES));
  out.copy(ZIP);
  out.digits(random.below(100_000), 5);
}

/** What they cost together, in cents. */
function writeItems(out: EventWriter, random: Random, count: number): number {
  out.copy(ITEMS);
  let cents = 0;
  for (let line = 0; line < count; line++) {
    if (line > 0) out.byte(COMMA);
    out.copy(SKU);
    out.digits(random.below(1_000_000), 6);
    out.copy(pick(random, COLOURS));
    out.copy(pick(random, GOODS));
    const [quantity, price] = [1 + random.below(6), 90 + random.below(9000)];
    cents += quantity * price;
    out.copy(QUANTITY);
    out.whole(quantity);
    out.copy(PRICE);
    out.decimal(price, 2);
    out.byte(BRACE);
  }
  return cents;
}
