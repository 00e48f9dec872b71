import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { linesOf, specOf } from '../gen/made-events.ts';

/** The two stages of examples/yahoo with the built program, against a count by hand. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist', 'bin', 'millrace.js');
const WINDOW_MS = 10_000;

const directory = mkdtempSync(join(tmpdir(), 'millrace-yahoo-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function millrace(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', MILLRACE_CACHE: join(directory, 'cache') };
  const options = { cwd: directory, env, maxBuffer: 2 ** 28 };
  return (await promisify(execFile)(process.execPath, [PROGRAM, ...args], options)).stdout;
}

interface AdEvent {
  readonly ad_id: string;
  readonly event_type: string;
  readonly event_time: string;
}

test('views are counted for each campaign and ten seconds', async () => {
  const lines = linesOf(specOf('ads', { stepMs: 5, late: 0.1, lateByMs: 900 }), 20_000);
  writeFileSync(join(directory, 'ads.ndjson'), `${lines.join('\n')}\n`);
  await millrace('run', join(ROOT, 'examples/yahoo/views.ts'), 'ads.ndjson', '--to', 'views');
  await millrace(
    'run',
    join(ROOT, 'examples/yahoo/counts.ts'),
    'topic:views',
    '--to',
    'counts',
    '--workers',
    '2',
  );

  const expected = new Map<string, number>();
  for (const line of lines) {
    const { ad_id, event_type, event_time } = JSON.parse(line) as AdEvent;
    if (event_type !== 'view') continue;
    const campaign = Math.floor(Number(`0x${ad_id.slice(24)}`) / 10);
    const name = `${campaign} ${Number(event_time) - (Number(event_time) % WINDOW_MS)}`;
    expected.set(name, (expected.get(name) ?? 0) + 1);
  }
  const closed = rowsOf<{ campaign: number; start: number; views: number }>(await millrace('cat', 'counts'));
  const open = rowsOf<{ key: string; value: { windows: { open: { start: number; value: number }[] } } }>(
    await millrace('state', 'counts'),
  );
  const found = new Map([
    ...closed.map(({ campaign, start, views }) => [`${campaign} ${start}`, views] as const),
    ...open.flatMap(({ key, value }) =>
      value.windows.open.map(window => [`${key} ${window.start}`, window.value] as const),
    ),
  ]);
  expect(closed.length).toBeGreaterThan(500);
  expect(found).toEqual(expected);
});

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it says what the rows are
function rowsOf<Row>(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Row);
}
