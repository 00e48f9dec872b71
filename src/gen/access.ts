import type { EventWriter } from './event-writer.ts';
import { pick, piece, pieces } from './pieces.ts';
import type { Random } from './random.ts';
import type { Kind, Setting, WriteEvent } from './shape.ts';

/**
 * Web access logs: one line for each request of a client. 4 % have a status of 500 or more, a fifth a latency above 200 ms. An
 * event of less than 200 bytes has the members that matter and no others; one of 340 bytes or more has what a proxy adds: the
 * hops of the request, and quoted text with escapes in it.
 */
export const ACCESS: Kind = { name: 'access', summary: 'requests to a web server', begin };

const SHORT_BYTES_MAX = 200;
const DETAILS_BYTES_MIN = 340;

const TS = piece('{"ts":"');
const ID = piece('","id":');
const ONLY_ID = piece('{"id":');
const CLIENT = piece(',"client":{"ip":"10.');
const PORT = piece('","port":');
const METHOD = piece('},"method":"');
const METHODS = pieces(['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE']);
const PATH = piece('","path":"/api/v1/items/');
const END_OF_CLIENT = piece('"},"status":');
const STATUS = piece('","status":');
const STATUSES = [200, 200, 200, 200, 201, 204, 301, 304, 400, 403, 404, 404];
const ERRORS = [500, 502, 503, 504];
const LATENCY = piece(',"latency_ms":');
const BYTES = piece(',"bytes":');
const AGENT = piece(',"agent":"');
const AGENTS = pieces([
  'Mozilla/5.0 (X11; Linux x86_64)',
  'curl/8.5.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1)',
]);
const OK = pieces(['","ok":false,"tags":["', '","ok":true,"tags":["']);
const REF = piece('","b"],"ref":null');
const TRACE = piece(',"trace":"');
const VIA = piece('","via":[');
const HOP = piece('{"hop":');
const HOST = piece(',"host":"edge-');
const HOP_MS = piece('.eu-central.example.net","ms":');
const CACHED = pieces([',"cached":false}', ',"cached":true}']);
const QUERY = piece('],"query":{"q":"\\"');
const PAGE = piece('\\"","page":');
const [COMMA, DOT, LETTER_A, BRACE] = [0x2c, 0x2e, 0x61, 0x7d];
/** About what a hop takes, and the query without its text. */
const HOP_BYTES = 82;
const QUERY_BYTES = 30;

function begin({ random, keys, bytes }: Setting): WriteEvent {
  if (bytes < SHORT_BYTES_MAX) {
    return (out, n) => {
      out.copy(ONLY_ID);
      out.whole(n);
      out.copy(CLIENT);
      writeIp(out, keys.draw());
      out.copy(END_OF_CLIENT);
      writeOutcome(out, random, drawStatus(random));
      out.byte(BRACE);
    };
  }
  return (out, n, timeMs) => {
    const start = out.at;
    writeRequest(out, random, n, timeMs, keys.draw());
    if (bytes >= DETAILS_BYTES_MIN) writeDetails(out, random, start + bytes);
    out.byte(BRACE);
  };
}

function writeRequest(out: EventWriter, random: Random, n: number, timeMs: number, client: number): void {
  const status = drawStatus(random);
  out.copy(TS);
  out.time(timeMs);
  out.copy(ID);
  out.whole(n);
  out.copy(CLIENT);
  writeIp(out, client);
  out.copy(PORT);
  out.whole(1024 + random.below(64_000));
  out.copy(METHOD);
  out.copy(pick(random, METHODS));
  out.copy(PATH);
  out.whole(random.below(100_000));
  out.copy(STATUS);
  writeOutcome(out, random, status);
  out.copy(BYTES);
  out.whole(random.below(100_000));
  out.copy(AGENT);
  out.copy(pick(random, AGENTS));
  out.copy(OK[status < 400 ? 1 : 0]!);
  out.byte(LETTER_A + random.below(8));
  out.copy(REF);
}

/** The rest of an address in 10.0.0.0/8, one for each client up to 2^24. */
function writeIp(out: EventWriter, client: number): void {
  out.whole((client >>> 16) & 255);
  out.byte(DOT);
  out.whole((client >>> 8) & 255);
  out.byte(DOT);
  out.whole(client & 255);
}

function drawStatus(random: Random): number {
  return random.below(25) === 0 ? pick(random, ERRORS) : pick(random, STATUSES);
}

function writeOutcome(out: EventWriter, random: Random, status: number): void {
  out.whole(status);
  out.copy(LATENCY);
  if (random.below(5) === 0) out.whole(200 + random.below(4000));
  else out.decimal(random.below(2000), 1);
}

/** Hops for one half of what is left up to `end`, text for the other. */
function writeDetails(out: EventWriter, random: Random, end: number): void {
  out.copy(TRACE);
  for (let word = 0; word < 4; word++) out.hex(random.bits(), 8);
  out.copy(VIA);
  const hops = Math.floor((end - out.at) / 2 / HOP_BYTES);
  for (let hop = 0; hop < hops; hop++) {
    if (hop > 0) out.byte(COMMA);
    writeHop(out, random, hop);
  }
  out.copy(QUERY);
  out.text(random.bits(), Math.max(0, end - out.at - QUERY_BYTES / 2));
  out.copy(PAGE);
  out.whole(random.below(90));
  out.byte(BRACE);
}

function writeHop(out: EventWriter, random: Random, hop: number): void {
  out.copy(HOP);
  out.whole(hop);
  out.copy(HOST);
  out.whole(random.below(40));
  out.copy(HOP_MS);
  out.decimal(random.below(9000), 2);
  out.copy(CACHED[random.below(3) === 0 ? 1 : 0]!);
}
