import { appendFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LINE_BYTES_LIMIT } from '../../src/base/limits.ts';
import { RealAlarm } from '../../src/replay/alarm.ts';
import { defaultReading } from '../../src/cli/input-options.ts';
import { fixInput, type FixedInput } from '../../src/replay/fixed-input.ts';
import { findInputs } from '../../src/replay/inputs.ts';
import { Pacer } from '../../src/replay/pacer.ts';
import { WHOLE } from '../../src/replay/pieces.ts';
import { pacedSources } from '../../src/replay/replayed-source.ts';
import { type Listener, withListener } from '../sockets/listener.ts';

/** Inputs that are read twice while somebody writes them. */

const speed = Number.POSITIVE_INFINITY;
const stopped = new AbortController().signal;

/** All that a run would read of it. */
async function textOf({ stretch, bytesMax, reopen }: FixedInput): Promise<string> {
  const [spec] = pacedSources([{ input: await reopen(), stretch, bytesMax }], {
    stretch: WHOLE,
    timeField: undefined,
    timeUnit: undefined,
    pacer: new Pacer({ speed, gapMsMax: speed, alarm: new RealAlarm(), stopped }),
    stopped,
    onShare: () => undefined,
  });
  const source = await spec!.open({});
  const into = new Uint8Array(1000);
  let text = '';
  for (;;) {
    await source.readable();
    const length = await source.read(into);
    if (length === 'end') break;
    text += Buffer.from(into.subarray(0, length)).toString();
  }
  await source.close();
  return text;
}

async function fixed(listener: Listener, name: string): Promise<FixedInput> {
  const store = listener.path('.millrace');
  const reading = defaultReading(store, LINE_BYTES_LIMIT);
  const [input] = await findInputs([name], store, reading, () => undefined);
  return fixInput(input!, WHOLE, store);
}

test(
  'who reads a topic, its dead letters or a file comes to the end that it had, however much was added since',
  withListener(async listener => {
    const text = '{"n":1}\n{"n":2}\n{"n":-3}\n';
    listener.write('in.ndjson', text);
    listener.write(
      'some.mjs',
      'export default ({ n }) => { if (n < 0) throw new Error("negative"); return true; };\n',
    );
    const run = ['run', 'some.mjs', 'in.ndjson', '--to', 'kept', '--no-sync'];
    await listener.run(run);
    const inputs = [
      await fixed(listener, 'kept'),
      await fixed(listener, 'dead:kept'),
      await fixed(listener, listener.path('in.ndjson')),
    ];
    const all = ['{"n":1}\n{"n":2}\n', '{"n":-3}\n', text];
    expect(await Promise.all(inputs.map(textOf))).toEqual(all);
    appendFileSync(listener.path('in.ndjson'), '{"n":4}\n{"n":-5}\n'.repeat(100));
    await listener.run(run);
    expect(await listener.lines('kept')).toHaveLength(102);
    expect(await Promise.all(inputs.map(textOf))).toEqual(all);
  }),
);
