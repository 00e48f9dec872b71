import type { InputReport } from './report.ts';

/** How many of the events were measured, where that is not all of them. */
export function coverageText({
  measured,
  events,
}: Pick<InputReport, 'measured' | 'events'>): string | undefined {
  if (measured === undefined || measured === events) return undefined;
  const [some, all] = [measured, events].map(count => count.toLocaleString('en-US'));
  return `measured ${some} of ${all} events, from all over the sample`;
}
