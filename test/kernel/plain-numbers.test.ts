import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCanonicalFraction, numberValue } from '../../src/kernel/plain-numbers.ts';

const digits = fc.oneof(fc.nat({ max: 99 }).map(String), fc.stringMatching(/^0{0,9}[0-9]{1,18}$/));
const exponents = fc
  .tuple(
    fc.constantFrom('e', 'E'),
    fc.constantFrom('', '+', '-'),
    fc.constantFrom('', '00'),
    fc.nat({ max: 40 }),
  )
  .map(parts => parts.join(''));
const numbers = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.option(digits, { nil: undefined }),
    fc.oneof(fc.constant(''), exponents),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const integer = whole.replace(/^0+(?=\d)/, '');
    return `${sign}${integer}${fraction === undefined ? '' : `.${fraction}`}${exponent}`;
  });

function valueOf(text: string): number {
  return numberValue(Buffer.from(`x${text}x`), 1, 1 + text.length);
}

function isCanonical(text: string): boolean {
  return isCanonicalFraction(Buffer.from(text), 0, text.length);
}

describe('numberValue', () => {
  test('is exactly what JSON.parse gives, or nothing', () => {
    let computed = 0;
    fc.assert(
      fc.property(numbers, text => {
        const value = valueOf(text);
        if (!Number.isNaN(value)) {
          computed++;
          expect(Object.is(value, JSON.parse(text))).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
    expect(computed).toBeGreaterThan(500);
  });

  test.each([
    ['0', 0],
    ['-0.00', -0],
    ['123456789012345', 123456789012345],
    ['0.000123456789012345', 0.000123456789012345],
    ['1234567890123456', Number.NaN],
    ['1.000000000000000', Number.NaN],
    ['9e22', 9e22],
    ['9e23', Number.NaN],
    ['0e23', Number.NaN],
    ['9e-22', 9e-22],
    ['0.9e-22', Number.NaN],
    [`0.${'0'.repeat(5000)}25e5002`, 25],
    [`1e${'9'.repeat(500)}`, Number.NaN],
    [`1e-${'9'.repeat(500)}`, Number.NaN],
    [`1e${'0'.repeat(500)}7`, 1e7],
  ])('of %s is %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });
});

describe('isCanonicalFraction', () => {
  test('never takes what JSON.stringify would write in another way', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        numbers.filter(text => /[.eE]/.test(text)),
        text => {
          if (!isCanonical(text)) return;
          taken++;
          expect(JSON.stringify(JSON.parse(text))).toBe(text);
        },
      ),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  test('takes what is written with few digits and without an exponent', () => {
    const yes = ['0.5', '-0.5', '10.25', '0.000001', '-123456.789012345', '0.0000012345'];
    const no = ['0.50', '0.0', '-0.0', '1e5', '0.0000001', '1.23456789012345e0', '1.234567890123456', '5e-1'];
    expect(yes.filter(text => !isCanonical(text))).toEqual([]);
    expect(no.filter(isCanonical)).toEqual([]);
  });
});
