import { type Draw, pick } from './draw.ts';

/**
 * The event of about 3,000 bytes: an order as a shop's API logs it, objects in objects, and ten line items. It is
 * written as JSON.stringify would. What the handlers look at is spread: the client near the beginning, status and time
 * behind the order, and more after them.
 */

/** What it has in common with the other generated events. */
export interface AccessFields {
  readonly id: number;
  readonly ip: string;
  readonly status: number;
  readonly latencyMs: number;
}

const ITEMS = 10;
const SPANS = 4;
const PLACES = [
  { country: 'DE', city: 'Hamburg', lat: 53.55, lon: 9.99 },
  { country: 'FR', city: 'Lyon', lat: 45.76, lon: 4.83 },
  { country: 'PT', city: 'Porto', lat: 41.15, lon: -8.61 },
  { country: 'NL', city: 'Utrecht', lat: 52.09, lon: 5.12 },
];
const STREETS = ['Mill Lane', 'Weir Road', 'Granary Square', 'Sluice Street', 'Millstone Way'];
const GOODS = [
  'Rye flour, wholemeal',
  'Wheat flour 550',
  'Oat flakes',
  'Spelt grain',
  'Bread tin, 1.5 l',
  'Proofing basket',
];
const COLOURS = ['white', 'sand', 'brown', 'slate'];
const SITES = ['ham-1', 'lys-2', 'opo-1'];
const SERVICES = ['gateway', 'cart', 'stock', 'payment'];

export function orderEvent({ id, ip, status, latencyMs }: AccessFields, draw: Draw): string {
  const place = pick(draw, PLACES);
  const address = { street: `${pick(draw, STREETS)} ${1 + draw(180)}`, zip: digits(draw, 5), ...place };
  return JSON.stringify({
    ts: new Date(1_700_000_000_000 + id * 37).toISOString(),
    id,
    client: { ip, port: 1024 + draw(64_000), session: hex(draw, 4), geo: place },
    request: {
      method: 'POST',
      path: `/api/v2/orders/${digits(draw, 8)}`,
      headers: { host: 'shop.example.com', accept: 'application/json', 'x-request-id': hex(draw, 4) },
    },
    order: {
      number: `M-${digits(draw, 9)}`,
      currency: 'EUR',
      gift: draw(9) === 0,
      coupon: draw(4) === 0 ? `SAVE${draw(30)}` : null,
      customer: { id: draw(1e6), shipping: address, billing: draw(3) === 0 ? address : null },
      items: Array.from({ length: ITEMS }, (_, line) => item(line, draw)),
      payment: {
        method: pick(draw, ['card', 'transfer', 'invoice']),
        token: hex(draw, 3),
        attempts: 1 + draw(2),
      },
    },
    status,
    latency_ms: latencyMs,
    spans: Array.from({ length: SPANS }, (_, at) => ({
      service: SERVICES[at],
      span: hex(draw, 2),
      ms: draw(9000) / 100,
      ok: draw(50) > 0,
    })),
  });
}

function item(line: number, draw: Draw): object {
  return {
    line: line + 1,
    sku: `${digits(draw, 6)}-${pick(draw, COLOURS)}`,
    name: pick(draw, GOODS),
    quantity: 1 + draw(6),
    price: { net: draw(9000) / 100, tax: draw(900) / 100, rate: pick(draw, [0.07, 0.19]) },
    stock: { site: pick(draw, SITES), shelf: draw(400), reserved: draw(5) > 0 },
    tags: [pick(draw, COLOURS), `batch-${digits(draw, 4)}`],
  };
}

function digits(draw: Draw, count: number): string {
  return String(draw(10 ** count)).padStart(count, '0');
}

/** `words` times eight hexadecimal digits. */
function hex(draw: Draw, words: number): string {
  const word = (): string =>
    draw(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return Array.from({ length: words }, word).join('');
}
