import { isPending, settledResult } from './settled-result.ts';
import { BadResult } from './to-json.ts';

export type ParcelResults = readonly PromiseSettledResult<unknown>[];

/**
 * What a handler gave for several events at once, as a result for each:
 *
 * - an array of as many items, each of which counts as it would for its event alone; an Error in it says that this event has
 *   failed, and so does a promise that is rejected;
 * - `true` passes all of them on; `false`, `null` or `undefined` drops all of them.
 *
 * Anything else is a BadResult; rejects where the handler did.
 */
export async function readResults(
  returned: unknown,
  events: readonly unknown[],
): Promise<ParcelResults | BadResult> {
  const value: unknown = await returned;
  if (value === true || value === false || value === null || value === undefined) {
    return events.map(() => ({ status: 'fulfilled', value }));
  }
  if (!Array.isArray(value)) {
    return new BadResult(
      `the handler returned a ${typeof value} for a batch, and no array with a result for each event`,
    );
  }
  if (value.length !== events.length) {
    return new BadResult(
      `the handler returned ${value.length} results for a batch of ${events.length} events`,
    );
  }
  const settled = await Promise.allSettled(
    value.map((item: unknown, at) => (isPending(item, events[at]) ? settledResult(item, events[at]) : item)),
  );
  return settled.map(result => {
    if (result.status === 'rejected' || !(result.value instanceof Error)) return result;
    return { status: 'rejected', reason: result.value };
  });
}
