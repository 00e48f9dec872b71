/**
 * Logarithm and exponential out of additions, multiplications and divisions alone, which IEEE 754 rounds in one way: Math.log,
 * Math.exp and Math.pow may differ in the last bit between versions of Node, and then so would what is generated.
 */

const LN_2 = 0.6931471805599453;
/** Enough for a result within a few units of the last place, in the ranges to which both are reduced. */
const LOG_TERMS = 22;
const EXP_TERMS = 20;

/** The natural logarithm of `value`, which is above 0. */
export function exactLog(value: number): number {
  let halvings = 0;
  let mantissa = value;
  for (; mantissa >= Math.SQRT2; mantissa /= 2) halvings++;
  for (; mantissa < Math.SQRT1_2; mantissa *= 2) halvings--;
  // ln m = 2 (z + z^3/3 + z^5/5 + …) with z = (m - 1) / (m + 1)
  const z = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let term = LOG_TERMS; term >= 0; term--) sum = sum * z * z + 1 / (2 * term + 1);
  return 2 * z * sum + halvings * LN_2;
}

/** e to the power of `exponent`, which is between -700 and 700. */
export function exactExp(exponent: number): number {
  const doublings = Math.round(exponent / LN_2);
  const rest = exponent - doublings * LN_2;
  let sum = 1;
  for (let term = EXP_TERMS; term >= 1; term--) sum = 1 + (sum * rest) / term;
  const factor = doublings < 0 ? 0.5 : 2;
  for (let left = Math.abs(doublings); left > 0; left--) sum *= factor;
  return sum;
}
