import { beforeEach, describe, expect, it } from 'vitest';
import { emptyTopic } from '../../src/store/job-state.ts';
import { digits } from '../../src/store/layout.ts';
import { crcText } from '../../src/store/record.ts';
import { countLines } from '../../src/base/line-bytes.ts';
import { TopicWriter } from '../../src/store/topic-writer.ts';
import { SEGMENT_FRAMES_MAX, UNWRITTEN_BYTES_MAX } from '../../src/base/limits.ts';
import { crc32 } from 'node:zlib';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { Random } from '../../src/base/random.ts';
import { emptyDisk } from '../support/store-scenario.ts';

const DIRECTORY = '/data/topics/out';

let disk: FaultyDisk;

beforeEach(() => {
  disk = new FaultyDisk(emptyDisk(), new Random(1));
  disk.model.place('/data/topics', undefined);
  disk.model.place(DIRECTORY, undefined);
});

function newWriter(
  options: { frameBytes?: number; segmentBytesMax?: number; segmentFramesMax?: number; sync?: boolean } = {},
): TopicWriter {
  const defaults = {
    frameBytes: 20,
    segmentBytesMax: 50,
    segmentFramesMax: SEGMENT_FRAMES_MAX,
    sync: true,
    create: () => Promise.resolve(),
  };
  return new TopicWriter(disk, '/data', 'out', emptyTopic(), { ...defaults, ...options });
}

function append(writer: TopicWriter, text: string): void {
  const bytes = Buffer.from(text);
  writer.append(bytes, 0, bytes.length);
  writer.endChunk(countLines(bytes));
}

const segment = (base: number): string =>
  Buffer.from(disk.model.file(disk.model.lookup(`${DIRECTORY}/${digits(base)}.ndjson`)!).content).toString();

describe('TopicWriter', () => {
  it('closes a frame at the first end of a chunk at or past its size, and at a commit', async () => {
    const writer = newWriter({ segmentBytesMax: 1000 });
    for (const text of ['"short"\n', '"longer, but it is the end that counts"\n', '"rest"\n'])
      append(writer, text);
    const { end, frames } = writer.takeProgress();
    expect(frames.map(([base, bytes, events]) => [base, bytes, events])).toEqual([
      [0, 48, 2],
      [0, 7, 1],
    ]);
    await writer.sync();
    expect(end).toEqual({ segment: 0, bytes: 55, offset: 3, crc: crcText(crc32(segment(0))) });
    expect(writer.takeProgress().frames).toEqual([]);
    await writer.close();
  });

  it('rolls the segment behind the frame that fills it, and names the next after its first offset', async () => {
    const writer = newWriter({ segmentBytesMax: 20 });
    for (const text of ['"a, which has its length"\n', '"b"\n"c, which has a length too"\n', '"d"\n'])
      append(writer, text);
    const { end, frames } = writer.takeProgress();
    await writer.sync();
    expect(frames.map(([base, , events]) => [base, events])).toEqual([
      [0, 1],
      [1, 2],
      [3, 1],
    ]);
    expect(frames.map(([, , , crc]) => crc)).toEqual([0, 1, 3].map(base => crcText(crc32(segment(base)))));
    expect(end).toMatchObject({ segment: 3, bytes: 4, offset: 4 });
    await writer.close();
  });

  it('rolls the segment also behind so many frames, however small they are', async () => {
    const writer = newWriter({ segmentBytesMax: 10_000, segmentFramesMax: 3 });
    for (let number = 0; number < 7; number++) {
      append(writer, `${number}\n`);
      expect(writer.takeProgress().end.segment).toBe(number - (number % 3));
    }
    await writer.sync();
    expect([segment(0), segment(3), segment(6)]).toEqual(['0\n1\n2\n', '3\n4\n5\n', '6\n']);
    await writer.close();
  });

  it('syncs every segment that a commit has written to, and the directory of new ones, and closes those it left', async () => {
    const writer = newWriter({ segmentBytesMax: 20 });
    for (const text of ['"a, which has its length"\n', '"b, which has its length"\n', '"c"\n'])
      append(writer, text);
    writer.takeProgress();
    await writer.sync();
    const files = disk.trace.flatMap(op => (op.kind === 'create' ? [disk.model.lookup(op.path)] : []));
    const synced = disk.trace.flatMap(op => (op.kind === 'datasync' ? [op.file] : []));
    expect(synced).toEqual(files);
    expect(files).toHaveLength(3);
    expect(disk.trace.at(-1)).toMatchObject({ kind: 'syncDirectory', path: DIRECTORY });
    expect(disk.openFiles).toBe(1);
    await writer.close();
    expect(disk.openFiles).toBe(0);
  });

  it('leaves syncing to the system where that was asked for', async () => {
    const writer = newWriter({ sync: false });
    append(writer, '"a"\n');
    writer.takeProgress();
    await writer.sync();
    expect(disk.trace.map(({ kind }) => kind)).toEqual(['create', 'write']);
    await writer.close();
  });

  it('goes on with what is appended while earlier frames are being written, in buffers of its own', async () => {
    const writer = newWriter({ segmentBytesMax: 10_000 });
    let expected = '';
    for (let number = 0; number < 200; number++) {
      const text = `"${'x'.repeat(number % 40)} ${number}"\n`;
      const bytes = Buffer.from(`<${text}>`);
      writer.append(bytes, 1, bytes.length - 1);
      bytes.fill(0);
      writer.endChunk(1);
      expected += text;
      if (number % 16 === 0) writer.takeProgress();
      if (number % 50 === 0) await writer.sync();
    }
    writer.takeProgress();
    await writer.sync();
    expect(segment(0)).toBe(expected);
    await writer.close();
  });

  it('takes an append that is larger than its buffer', async () => {
    const writer = newWriter({ segmentBytesMax: 10_000 });
    const text = `"${'x'.repeat(3_000_000)}"\n`;
    append(writer, '"first"\n');
    append(writer, text);
    await writer.written;
    expect(segment(0)).toBe(`"first"\n${text}`);
    await writer.close();
  });

  it('is full while more than its bound waits to be written, and no more when that is written', async () => {
    const writer = newWriter({ segmentBytesMax: 100 * UNWRITTEN_BYTES_MAX });
    const text = `"${'x'.repeat(2 ** 20)}"\n`;
    let appended = 0;
    for (; !writer.full; appended += text.length) append(writer, text);
    expect(appended).toBeGreaterThan(UNWRITTEN_BYTES_MAX);
    expect(appended).toBeLessThan(2 * UNWRITTEN_BYTES_MAX);
    await writer.written;
    expect(writer.full).toBe(false);
    await writer.close();
  });

  it('writes nothing more after a failed write, and tells everybody who asks of an error of the store', async () => {
    const writer = newWriter();
    disk.failure = { kind: 'write', call: 2, code: 'EIO', forGood: false };
    for (const name of ['first', 'second', 'third']) append(writer, `"${name}, which has its length"\n`);
    const expected = {
      code: 'MILLRACE_STORE_WRITE',
      message: expect.stringMatching(/cannot write the topic "out": input\/output error/) as string,
    };
    await expect(writer.written).rejects.toMatchObject(expected);
    await expect(writer.sync()).rejects.toMatchObject(expected);
    expect(segment(0)).toBe('"first, which has its length"\n');
    await writer.close();
    expect(disk.openFiles).toBe(0);
  });

  it('writes no more of what nobody will commit once it is closed: another process may write then', async () => {
    const writer = newWriter();
    for (let number = 0; number < 20; number++) append(writer, `"${number}, which has its length"\n`);
    await writer.close();
    const { length } = disk.trace;
    await new Promise(resolve => setImmediate(resolve));
    expect(disk.trace.length).toBe(length);
    expect(disk.trace.filter(({ kind }) => kind === 'write').length).toBeLessThan(20);
    expect(disk.openFiles).toBe(0);
  });
});
