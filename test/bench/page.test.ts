import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PartRecord } from '../../bench/page/page.ts';
import { PARTS } from '../../bench/page/parts.ts';
import { renderPage } from '../../bench/page/render.ts';

/** The page of the benchmarks is what the script makes of what was measured, and nothing else. */

const MACHINE = {
  cores: 2,
  cpu: 'A processor',
  memoryGiB: 8,
  node: 'v20.19.0',
  platform: 'linux x64',
  load: 0,
  kernel: undefined,
};

function record(part: string, node: string, rows: PartRecord['rows']): PartRecord {
  const told = { disturbed: 'others had 1 %', day: '2026-01-02', seconds: 7, mb: undefined, rounds: 15 };
  return { part, machine: { ...MACHINE, node }, ...told, rows };
}

function docs(name: string): string {
  return new URL(`../../docs/${name}`, import.meta.url).pathname;
}

describe('the page', () => {
  test('has a table for each part, with all versions of Node side by side', () => {
    const page = renderPage(PARTS, [
      record('startup', 'v20.19.0', [{ name: 'node', cells: ['40', '1.00', '1.00–1.00'] }]),
      record('startup', 'v24.1.0', [
        { name: 'node', cells: ['30', '1.00', '1.00–1.00'] },
        { name: 'a | b', cells: ['90', '3.00', '2.90–3.10'] },
      ]),
    ]);
    expect(page).toContain(
      [
        '|        | Node 20.19.0: ms | ratio |     range | Node 24.1.0: ms | ratio |     range |',
        '| ------ | ---------------: | ----: | --------: | --------------: | ----: | --------: |',
        '| node   |               40 |  1.00 | 1.00–1.00 |              30 |  1.00 | 1.00–1.00 |',
        '| a \\| b |                  |       |           |              90 |  3.00 | 2.90–3.10 |',
      ].join('\n'),
    );
    expect(page).toContain('- 2 cores (A processor), 8 GiB, linux x64, Node v24.1.0');
    expect(page).toContain('- Node 24.1.0: 2026-01-02, rounds: 15, in 7 s; others had 1 %.');
    expect(page).toMatch(/## Memory\n\n[^|]*\n\nNot measured yet\.\n/);
  });

  test('is what benchmarks.json says', () => {
    const records = JSON.parse(readFileSync(docs('benchmarks.json'), 'utf8')) as readonly PartRecord[];
    expect(readFileSync(docs('BENCHMARKS.md'), 'utf8')).toBe(renderPage(PARTS, records));
  });

  test('has parts of different names', () => {
    expect(new Set(PARTS.map(({ name }) => name)).size).toBe(PARTS.length);
  });
});
