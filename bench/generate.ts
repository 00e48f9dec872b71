import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Draw, randomNumbers } from './draw.ts';
import { orderEvent } from './order-event.ts';

/**
 * Makes the input: web access events, the same bytes for the same seed, size and length on every machine.
 *
 * About 2,000 values of `client.ip`, some far more common than others; 4 % of the events have a status of 500 or more,
 * a fifth a latency above 200 ms. All of it is ASCII, as web logs are, and spelled as JSON.stringify spells it. Kept in
 * the system's temporary directory, where the next bench finds it again.
 */

/** Raised whenever the same seed would give other events. */
const GENERATOR_VERSION = 1;
const WRITE_BYTES = 1024 * 1024;
const CLIENTS = 2000;

/** About how many bytes an event has, its newline included. */
export const EVENT_BYTES = [70, 250, 1300, 3000] as const;
export type EventBytes = (typeof EVENT_BYTES)[number];

export interface InputSpec {
  readonly eventBytes: EventBytes;
  /** In millions of bytes. */
  readonly mb: number;
  readonly seed: number;
}

/** The path of the input, which is made unless it is there already. */
export function cachedInput(spec: InputSpec): string {
  const name = `millrace-bench-v${GENERATOR_VERSION}-${spec.eventBytes}B-${spec.mb}MB-seed${spec.seed}.ndjson`;
  const path = join(tmpdir(), name);
  if (!existsSync(path)) writeInput(path, spec);
  return path;
}

/** Writes the input whole or not at all. */
export function writeInput(path: string, { eventBytes, mb, seed }: InputSpec): void {
  const partial = `${path}.${process.pid}`;
  const fd = openSync(partial, 'w');
  try {
    const draw = randomNumbers(seed);
    let text = '';
    for (let id = 0, written = 0; written < mb * 1e6; id++) {
      text += `${eventOf(eventBytes, id, draw)}\n`;
      if (text.length < WRITE_BYTES && written + text.length < mb * 1e6) continue;
      written += writeSync(fd, text);
      text = '';
    }
    renameSync(partial, path);
  } finally {
    closeSync(fd);
    rmSync(partial, { force: true });
  }
}

const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const STATUSES = [200, 200, 200, 200, 201, 204, 301, 304, 400, 403, 404, 404];
const ERRORS = [500, 502, 503, 504];
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1)'];

function eventOf(eventBytes: EventBytes, id: number, draw: Draw): string {
  const ip = clientIp(draw);
  const status = draw(25) === 0 ? ERRORS[draw(4)]! : STATUSES[draw(STATUSES.length)]!;
  const latencyMs = draw(5) === 0 ? 200 + draw(4000) : draw(2000) / 10;
  if (eventBytes === 70) {
    return `{"id":${id},"client":{"ip":"${ip}"},"status":${status},"latency_ms":${latencyMs}}`;
  }
  if (eventBytes === 3000) return orderEvent({ id, ip, status, latencyMs }, draw);
  const common =
    `{"ts":"${new Date(1_700_000_000_000 + id * 37).toISOString()}","id":${id},` +
    `"client":{"ip":"${ip}","port":${1024 + draw(64_000)}},"method":"${METHODS[draw(METHODS.length)]}",` +
    `"path":"/api/v1/items/${draw(100_000)}","status":${status},"latency_ms":${latencyMs},` +
    `"bytes":${draw(100_000)},"agent":"${AGENTS[draw(AGENTS.length)]}","ok":${status < 400},` +
    `"tags":["${String.fromCharCode(97 + draw(8))}","b"],"ref":null`;
  return eventBytes === 250 ? `${common}}` : `${common},${details(draw)}}`;
}

/** Small numbers of clients are behind most events, as is usual. */
function clientIp(draw: Draw): string {
  const client = Math.floor((draw(65_536) / 65_536) ** 2 * CLIENTS);
  return `10.${client % 8}.${client >> 3}.${(client * 7) % 250}`;
}

/** The thousand bytes more of a long event: what a proxy adds, quoted text with escapes among it. */
function details(draw: Draw): string {
  const trace = Array.from({ length: 4 }, () =>
    draw(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const hops = Array.from({ length: 6 }, (_, hop) => {
    const host = `edge-${draw(40)}.eu-central.example.net`;
    return `{"hop":${hop},"host":"${host}","ms":${draw(9000) / 100},"cached":${draw(3) === 0}}`;
  });
  const words = Array.from({ length: 85 }, () => WORDS[draw(WORDS.length)]).join(' ');
  return `"trace":"${trace}","via":[${hops.join(',')}],"query":{"q":"\\"${words}\\"","page":${draw(90)}}`;
}

const WORDS = [
  'river',
  'wheel',
  'stone',
  'grain',
  'sluice',
  'flour',
  'miller',
  'weir',
  'paddle',
  'sack',
  'gate',
];
