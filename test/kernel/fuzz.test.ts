import { describe, expect, test } from 'vitest';
import { ENGINES } from './fuzz/engines.ts';
import { REALISTIC } from './fuzz/lines.ts';
import {
  byteTrials,
  damageTrials,
  longTrials,
  predicateTrials,
  randomTrials,
  run,
  troubleTrials,
} from './fuzz/trials.ts';
import { INVALID, NOT_UTF8, VALID } from './fuzz/trouble.ts';
import { lineText } from './fuzz/truth.ts';

/**
 * All engines against JSON.parse, for about a minute; `node scripts/fuzz.mjs` goes on for as long as it is told, also with
 * lines of real data.
 */

/** Where a hang ends. */
const timeout = 600_000;

function isValid(piece: Buffer): boolean {
  return lineText(piece).whole !== undefined;
}

test('the troublesome values are what they are said to be', () => {
  expect([...VALID, ...NOT_UTF8].filter(piece => !isValid(piece)).map(String)).toEqual([]);
  expect(INVALID.filter(isValid).map(String)).toEqual([]);
  expect(REALISTIC.filter(line => !isValid(line)).map(String)).toEqual([]);
  expect(VALID.length).toBeGreaterThan(180);
  expect(INVALID.length).toBeGreaterThan(280);
});

describe('every engine does with a chunk what the contract says, and all the same', () => {
  test('of troublesome values, alone and inside others, behind every number of bytes', { timeout }, () => {
    expect(run(ENGINES, troubleTrials()).wrong).toEqual([]);
  });

  test('of every byte wherever the grammar decides about one', { timeout }, () => {
    expect(run(ENGINES, byteTrials()).wrong).toEqual([]);
  });

  test('of every valid value, by every operation of predicates', { timeout }, () => {
    expect(run(ENGINES, predicateTrials()).wrong).toEqual([]);
  });

  test('of lines that are very deep, very long, or have very many names', { timeout }, () => {
    expect(run(ENGINES, longTrials()).wrong).toEqual([]);
  });

  test('of realistic lines, cut off at every byte and with every byte replaced', { timeout }, () => {
    expect(run(ENGINES, damageTrials(REALISTIC)).wrong).toEqual([]);
  });

  test('of random lines, by random programs', { timeout }, () => {
    expect(run(ENGINES, randomTrials(1, 2000, REALISTIC)).wrong).toEqual([]);
  });
});
