import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Source } from '../../src/source/contract.ts';
import { pipeSource } from '../../src/source/pipe.ts';
import { StreamedInput } from '../../src/source/streamed.ts';

async function read(source: Source, bytes = 100): Promise<string> {
  const into = new Uint8Array(bytes);
  for (let wait = source.readable(); wait !== undefined; wait = source.readable()) await wait;
  const length = await source.read(into);
  return length === 'end' ? 'END' : Buffer.from(into.subarray(0, length)).toString();
}

describe('StreamedInput', () => {
  test('gives what has come, as much as is asked for, and tells the end as often as it is asked', async () => {
    const stream = new PassThrough();
    const source = new StreamedInput(stream, 'it');
    stream.write('abcde');
    expect(await read(source, 2)).toBe('ab');
    expect(source.readable()).toBeUndefined();
    expect(await read(source, 10)).toBe('cde');
    stream.end('f');
    expect(await read(source)).toBe('f');
    expect(await read(source)).toBe('END');
    expect(await read(source)).toBe('END');
  });

  test('lets a reader wait for data, for the end, and for a failure', async () => {
    for (const event of ['data', 'end', 'failure']) {
      const stream = new PassThrough();
      const source = new StreamedInput(stream, 'it');
      expect(source.readable()).toBeInstanceOf(Promise);
      const waiting = (async () => {
        for (let wait = source.readable(); wait !== undefined; wait = source.readable()) await wait;
      })();
      if (event === 'data') stream.write('x');
      else if (event === 'end') stream.end();
      else stream.destroy(new Error('broken'));
      await waiting;
    }
  });

  test('wakes everybody who has asked, also when others have asked since', async () => {
    const stream = new PassThrough();
    const source = new StreamedInput(stream, 'it');
    const first = source.readable();
    const second = source.readable();
    stream.write('x');
    await Promise.all([first, second]);
    expect(await read(source)).toBe('x');
    const third = source.readable();
    stream.write('y');
    await third;
    expect(await read(source)).toBe('y');
  });

  test('reads no more from the stream than it is asked for and one buffer', async () => {
    let produced = 0;
    const stream = new PassThrough({ highWaterMark: 10 });
    const source = new StreamedInput(stream, 'it');
    while (stream.write('xxxxx') && produced < 1000) produced += 5;
    await new Promise(setImmediate);
    expect(produced).toBeLessThan(100);
    expect(await read(source, 3)).toBe('xxx');
  });

  test('that is asked to quit gives what has come by then, and nothing that comes later', async () => {
    const stream = new PassThrough();
    const source = new StreamedInput(stream, 'it');
    stream.write('abc');
    expect(await read(source, 1)).toBe('a');
    stream.write('de');
    source.quit();
    stream.write('later');
    expect(await read(source)).toBe('bcde');
    expect(await read(source)).toBe('END');
    await new Promise(setImmediate);
    expect(await read(source)).toBe('END');
  });

  test('gives what came before a failure, and then says what failed to all who ask', async () => {
    const stream = new PassThrough();
    const source = new StreamedInput(stream, 'it');
    stream.write('abc');
    expect(await read(source, 1)).toBe('a');
    stream.destroy(new Error('broken'));
    await new Promise(setImmediate);
    expect(await read(source)).toBe('bc');
    for (let again = 0; again < 2; again++) {
      await expect(read(source)).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_READ' });
    }
  });

  test('says what failed', async () => {
    const stream = new PassThrough();
    const source = new StreamedInput(stream, 'standard input');
    stream.destroy(Object.assign(new Error('read'), { code: 'EIO' }));
    await expect(read(source)).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_READ',
      message: 'cannot read standard input: input/output error of the device',
    });
  });
});

describe('pipeSource', () => {
  test('reads a named pipe to its end, and can be closed before that', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-pipe-'));
    try {
      const path = join(directory, 'pipe');
      execFileSync('mkfifo', [path]);
      const spec = pipeSource(path);
      expect(await spec.check()).toBeUndefined();
      const writer = createWriteStream(path);
      const source = await spec.open({});
      writer.write('one\n');
      expect(await read(source)).toBe('one\n');
      const waiting = read(source);
      writer.end();
      expect(await waiting).toBe('END');
      await source.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('says of a pipe that is not there that it is not', async () => {
    await expect(pipeSource('/nowhere/pipe').check()).rejects.toMatchObject({
      code: 'MILLRACE_SOURCE_NOT_FOUND',
    });
  });
});
