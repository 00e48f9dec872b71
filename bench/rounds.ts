import type { Measured } from './measure.ts';

/**
 * Interleaved rounds: each runs every program once, and begins with another one, so that whatever the machine does
 * besides falls on all of them. Two programs are compared within a round; what is told is the median over the rounds.
 */
export async function interleave<T>(
  items: readonly T[],
  rounds: number,
  attempt: (item: T) => Promise<Measured>,
): Promise<Map<T, Measured[]>> {
  const measured = new Map<T, Measured[]>(items.map(item => [item, []]));
  for (let round = 0; round < rounds; round++) {
    showProgress(`round ${round + 1} of ${rounds}`);
    const first = round % items.length;
    for (const item of [...items.slice(first), ...items.slice(0, first)]) {
      measured.get(item)!.push(await attempt(item));
    }
  }
  showProgress('');
  return measured;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How `over` relates to `under`, round by round. */
export function ratioOf(over: readonly number[], under: readonly number[]): Ratio {
  const ratios = over.map((value, round) => value / under[round]!);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
