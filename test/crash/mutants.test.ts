import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../scripts/mutant-table.mjs';

/** The mutants that the harness is held to still have a place in the source; `node scripts/mutants.mjs` tries them. */

describe('the table of mutants', () => {
  it.each(MUTANTS)('still finds its place, once: $name', ({ file, find, replace }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(text.split(find).length - 1, `move it along in scripts/mutant-table.mjs: ${find}`).toBe(1);
    expect(replace).not.toBe(find);
  });

  it('breaks each kind of promise', () => {
    const kinds = new Set(MUTANTS.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['bound', 'checksum', 'directory', 'failure', 'order', 'sync']);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });
});
