import type { EventWriter } from './event-writer.ts';
import { pick, piece, pieces } from './pieces.ts';
import type { Random } from './random.ts';
import type { Kind, Setting, WriteEvent } from './shape.ts';

/**
 * Readings of sensors: small events of many numbers. Each sensor counts its readings (`seq`, from 0 on), so that a loss, a repetition
 * or a wrong order of one key shows; its temperature goes up and down by small steps. Longer events have raw samples as well.
 */
export const SENSORS: Kind = {
  name: 'sensors',
  summary: 'readings of sensors, each numbered for its sensor',
  begin,
};

const TS = piece('{"ts":"');
const SENSOR = piece('","sensor":"s-');
const SITES = pieces(['","site":"ham-1","seq":', '","site":"lys-2","seq":', '","site":"opo-3","seq":']);
const TEMPERATURE = piece(',"temperature_c":');
const HUMIDITY = piece(',"humidity_pct":');
const BATTERY = piece(',"battery_v":');
const STATES = pieces([',"ok":true', ',"ok":true', ',"ok":true', ',"ok":false']);
const SAMPLES = piece(',"samples":[');
const [COMMA, BRACKET, BRACE] = [0x2c, 0x5d, 0x7d];
const SAMPLES_BYTES_MIN = 200;
/** Longest sample with its comma. */
const SAMPLE_BYTES = 7;
/** In hundredths of a degree. */
const TEMPERATURE_MIN = -2500;
const TEMPERATURE_MAX = 4500;

function begin({ random, keys, bytes }: Setting): WriteEvent {
  const counts = new Uint32Array(keys.count);
  const temperatures = new Int16Array(keys.count).map(() => 1500 + random.below(1000));
  return (out, _n, timeMs) => {
    const start = out.at;
    const sensor = keys.draw();
    out.copy(TS);
    out.time(timeMs);
    out.copy(SENSOR);
    out.digits(sensor, 7);
    out.copy(SITES[sensor % SITES.length]!);
    out.whole(counts[sensor]!++);
    out.copy(TEMPERATURE);
    out.decimal(step(temperatures, sensor, random), 2);
    out.copy(HUMIDITY);
    out.decimal(200 + random.below(700), 1);
    out.copy(BATTERY);
    out.decimal(330 + random.below(90), 2);
    out.copy(pick(random, STATES));
    if (bytes > SAMPLES_BYTES_MIN) writeSamples(out, random, start + bytes);
    out.byte(BRACE);
  };
}

function step(temperatures: Int16Array, sensor: number, random: Random): number {
  const next = temperatures[sensor]! - 15 + random.below(31);
  return (temperatures[sensor] = Math.max(TEMPERATURE_MIN, Math.min(TEMPERATURE_MAX, next)));
}

function writeSamples(out: EventWriter, random: Random, end: number): void {
  out.copy(SAMPLES);
  for (let first = true; first || out.at + SAMPLE_BYTES + 3 <= end; first = false) {
    if (!first) out.byte(COMMA);
    out.decimal(random.below(20_000) - 10_000, 2);
  }
  out.byte(BRACKET);
}
