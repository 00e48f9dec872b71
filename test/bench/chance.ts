import type { Random } from '../../src/base/random.ts';

/** A number from a normal distribution (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

export function sample<T>(count: number, one: () => T): T[] {
  return Array.from({ length: count }, one);
}
