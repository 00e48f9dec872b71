import { ACCESS } from './access.ts';
import { ADS } from './ads.ts';
import { NEXMARK } from './nexmark.ts';
import { ORDERS } from './orders.ts';
import { SENSORS } from './sensors.ts';
import type { Shape } from './shape.ts';

/** All kinds of events: one row each. */
export const SHAPES: readonly Shape[] = [ACCESS, ORDERS, SENSORS, NEXMARK, ADS];
