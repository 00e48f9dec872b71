import { InvalidArgumentError } from 'commander';
import type { Retention } from '../store/retention.ts';

/** Parses how much of a topic is kept: `7d`, `10GB`, `1000000 events`, or several of them with commas between. */

const AGE_UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** All end in B, so that none is taken for minutes. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  kib: 1024,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
  tb: 1000 ** 4,
  tib: 1024 ** 4,
};

export function parseRetention(text: string): Retention {
  const limits = text.split(',').map(parseLimit);
  const retention = Object.assign({}, ...limits) as Retention;
  if (Object.keys(retention).length === limits.length) return retention;
  throw new InvalidArgumentError('Give one age, one size and one number of events at most.');
}

function parseLimit(text: string): Retention {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const [age, size] = [AGE_UNITS_MS[unit ?? ''], SIZE_UNITS[unit?.toLowerCase() ?? '']];
  const value = Number(number);
  if (value > 0 && value < 1e15) {
    if (age !== undefined) return { ageMs: value * age };
    if (size !== undefined) return { bytes: Math.ceil(value * size) };
    if (/^events?$/i.test(unit!) && Number.isInteger(value)) return { events: value };
  }
  throw new InvalidArgumentError(
    'Write an age (7d, 12h, 30m), a size (10GB, 512MiB), a number of events ("1000000 events"), or several: 7d,10GB.',
  );
}
