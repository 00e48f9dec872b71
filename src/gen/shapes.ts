import { ACCESS } from './access.ts';
import { ADS } from './ads.ts';
import { NEXMARK, NEXMARK_BYTES } from './nexmark.ts';
import { ORDERS } from './orders.ts';
import { SENSORS } from './sensors.ts';
import type { Shape } from './shape.ts';

/** All kinds of events: one row each, with what they are like where nothing is said. */
export const SHAPES: readonly Shape[] = [
  { ...ACCESS, key: 'client.ip', keys: 2000, skew: 0.5, bytes: 250, stepMs: 10, text: 'words' },
  { ...ORDERS, key: 'customer.id', keys: 10_000, skew: 0.8, bytes: 560, stepMs: 50, text: 'words' },
  { ...SENSORS, key: 'sensor', keys: 1000, skew: 0, bytes: 150, stepMs: 1, text: 'letters' },
  { ...NEXMARK, key: 'bid.auction', keys: null, skew: 0, bytes: NEXMARK_BYTES, stepMs: 0.1, text: 'letters' },
  { ...ADS, key: 'ad_id', keys: 1000, skew: 0, bytes: 250, stepMs: 1, text: 'letters' },
];
