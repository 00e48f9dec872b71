import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultReading } from '../../src/cli/input-options.ts';
import { LINE_BYTES_LIMIT } from '../../src/base/limits.ts';
import { findInputs } from '../../src/replay/inputs.ts';

/** What the names of inputs stand for. */

test('a file that is named twice is read once, as in a run: it has one position', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-inputs-'));
  try {
    const [a, b] = [join(directory, 'a.ndjson'), join(directory, 'b.ndjson')];
    for (const path of [a, b]) writeFileSync(path, '{}\n');
    const store = join(directory, 'store');
    const names = [b, join(directory, '*.ndjson'), join(directory, '.', 'a.ndjson'), a];
    const found = await findInputs(names, store, defaultReading(store, LINE_BYTES_LIMIT), () => undefined);
    expect(found.map(({ name }) => name)).toEqual([b, a]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
