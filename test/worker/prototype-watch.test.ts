import { afterEach, describe, expect, test } from 'vitest';
import { PrototypeWatch } from '../../src/worker/prototype-watch.ts';

const prototype = Object.prototype as Record<string, unknown>;
const toLocaleString = Object.getOwnPropertyDescriptor(prototype, 'toLocaleString')!;

afterEach(() => {
  delete prototype['extra'];
  Object.defineProperty(prototype, 'toLocaleString', toLocaleString);
});

describe('PrototypeWatch', () => {
  test('sees nothing where nothing was done', () => {
    const watch = new PrototypeWatch();
    expect(watch.isUntouched).toBe(true);
    expect(Object.keys(prototype)).toEqual([]);
    expect(watch.isUntouched).toBe(true);
  });

  test.each([
    [
      'a member that was added',
      () => Object.defineProperty(prototype, 'extra', { value: 1, configurable: true }),
    ],
    ['an accessor', () => Object.defineProperty(prototype, 'extra', { get: () => 1, configurable: true })],
    ['a member that was replaced', () => (prototype['toLocaleString'] = () => 'x')],
    [
      'a member that was made an accessor',
      () => Object.defineProperty(prototype, 'toLocaleString', { get: () => 1 }),
    ],
    [
      'a member that cannot be set any more',
      () => Object.defineProperty(prototype, 'toLocaleString', { writable: false }),
    ],
    ['a member that is gone', () => delete prototype['toLocaleString']],
  ])('sees %s', (_, change) => {
    const watch = new PrototypeWatch();
    change();
    expect(watch.isUntouched).toBe(false);
  });

  test('takes what was there before as given', () => {
    prototype['extra'] = 1;
    expect(new PrototypeWatch().isUntouched).toBe(true);
  });
});
