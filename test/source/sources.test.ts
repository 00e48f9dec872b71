import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import * as zlib from 'node:zlib';
import { compressedSource } from '../../src/source/compressed.ts';
import type { Discovery, Positions, Source, SourceSpec } from '../../src/source/contract.ts';
import { deadSource } from '../../src/source/dead.ts';
import { fileSource, openFile } from '../../src/source/file.ts';
import { FollowedFiles } from '../../src/source/follow.ts';
import { countLines } from '../../src/source/line-buffer.ts';
import { socketSource } from '../../src/source/line-server.ts';
import { parseAddress } from '../../src/source/listening.ts';
import { pipeSource } from '../../src/source/pipe.ts';
import { StreamedInput } from '../../src/source/streamed.ts';
import { type OpenTopic, topicSource } from '../../src/source/topic.ts';
import { realDisk } from '../../src/store/disk.ts';
import { JobLog } from '../../src/store/job-log.ts';
import { EMPTY_ACCOUNT } from '../../src/store/job-state.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';
import { deadLetter, deadMembers } from '../../src/worker/dead-letter.ts';
import { LISTEN } from './listen-options.ts';
import { type SourceRow, sourceSuite, type Subject } from './suite.ts';

/** Every source there is, held to what all of them must do. */

const { zstdCompressSync } = zlib as { readonly zstdCompressSync?: (bytes: Uint8Array) => Buffer };
const UNPACK = { bytesMax: 1e9, ratioMax: 1000 };

const check = async () => undefined;

/** A socket that is listened on: `bytes` are sent to it, and at the end that is asked for it quits when all were read. */
function socketOf(bytes: Buffer): Subject {
  let isSent = false;
  const tell = (note: string): void => {
    if (isSent) return;
    isSent = true;
    const socket = connect(Number(/:(\d+)$/.exec(note)![1]), '127.0.0.1', () => socket.end(bytes));
    // It may be closed before all was sent.
    socket.on('error', () => undefined);
  };
  const spec = socketSource(parseAddress('tcp://127.0.0.1:0'), LISTEN, tell);
  const opened: Source[] = [];
  let left = bytes.length;
  let isEnding = false;
  const quitWhenRead = (): void => {
    if (isEnding && left === 0) for (const source of opened) source.quit!();
  };
  const openCounting = async (positions: Positions): Promise<Source> => {
    const source = await spec.open(positions);
    opened.push(source);
    const read = async (into: Uint8Array): Promise<number | 'end'> => {
      const length = await source.read(into);
      if (length !== 'end') left -= length;
      quitWhenRead();
      return length;
    };
    quitWhenRead();
    return {
      start: source.start,
      readable: () => source.readable(),
      read,
      positions: reached => source.positions(reached),
      quit: () => source.quit!(),
      close: () => source.close(),
    };
  };
  return {
    spec: async () => ({ ...spec, open: openCounting }),
    end: async () => {
      isEnding = true;
      quitWhenRead();
    },
    leave: async () => {
      for (const source of opened.splice(0)) await source.close();
    },
  };
}

const SENT_AGAIN = 'who sends it keeps what is not committed';
const WHOLE_LINES = 'a line of one sender must not get into that of another';

const NO_FURTHER = 'what was not read is still there for the next run';
const NOT_AGAIN = 'what was read is gone';

const ROWS: readonly SourceRow[] = [
  {
    name: 'a topic',
    make: async (bytes, directory) => {
      const options = { job: 'a', topics: ['a'], fresh: false, segmentBytesMax: 100_000, sync: false };
      const log = await JobLog.open(realDisk, directory, options);
      await log.createTopic('a');
      // Some frames in some segments.
      for (let at = 0; at < bytes.length; ) {
        const end = bytes.indexOf(0x0a, Math.min(bytes.length - 1, at + 5000)) + 1;
        log.topic('a').append(bytes, at, end);
        log.topic('a').endChunk(countLines(bytes.subarray(at, end)));
        await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
        at = end;
      }
      await log.close();
      const openTopic: OpenTopic = name => TopicReader.open(realDisk, directory, name);
      return { spec: async () => topicSource('topic:a', openTopic, { follow: false }) };
    },
    cannot: {
      quit: NO_FURTHER,
      unread: 'a frame is kept only until the next',
      'part of a line': 'a topic has no unfinished events',
    },
  },
  {
    name: 'dead letters',
    make: async (bytes, directory) => {
      const options = {
        job: 'a',
        topics: ['a', 'a.dead'],
        fresh: false,
        segmentBytesMax: 100_000,
        sync: false,
      };
      const log = await JobLog.open(realDisk, directory, options);
      await log.createTopic('a');
      // Some letters in each frame.
      let letters: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = bytes.indexOf(0x0a, at);
        const members = deadMembers('handler-threw', { message: 'no' }, bytes.subarray(at, end));
        letters.push(deadLetter('in.ndjson', letters.length + 1, at, members));
        at = end + 1;
        if (letters.length < 70 && at < bytes.length) continue;
        const frame = Buffer.from(letters.join(''));
        log.topic('a.dead').append(frame, 0, frame.length);
        log.topic('a.dead').endChunk(letters.length);
        await log.commit(Promise.resolve({}), EMPTY_ACCOUNT);
        letters = [];
      }
      await log.close();
      const openTopic: OpenTopic = name => TopicReader.open(realDisk, directory, name);
      return { spec: async () => deadSource('dead:a', openTopic, () => undefined) };
    },
    cannot: {
      quit: NO_FURTHER,
      unread: 'a frame is kept only until the next',
      'part of a line': 'an event is a line',
    },
  },
  {
    name: 'a socket',
    make: async bytes => socketOf(bytes),
    cannot: { resume: SENT_AGAIN, unread: 'it keeps only what was not read', 'part of a line': WHOLE_LINES },
  },
  {
    name: 'HTTP requests',
    make: () => Promise.reject(new Error('not tested')),
    unavailable: 'they must hold JSON, and these bytes do not; see http-server.test.ts',
    cannot: {},
  },

  {
    name: 'a file',
    make: async (bytes, directory) => {
      const path = join(directory, 'in.ndjson');
      await writeFile(path, bytes);
      return { spec: async () => fileSource(path) };
    },
    cannot: { quit: NO_FURTHER },
  },
  {
    name: 'a redirected file',
    make: async (bytes, directory) => {
      const path = join(directory, 'in.ndjson');
      await writeFile(path, bytes);
      const file = await open(path, 'r');
      // The descriptor belongs to the process, and stays open.
      const opened = { name: 'standard input', id: '- 1:2', file, close: async () => undefined };
      const spec = {
        name: '-',
        id: opened.id,
        live: false,
        check: async () => bytes.length,
        open: (positions: Positions) => openFile(opened, positions),
      };
      return { spec: async () => spec, dispose: () => file.close() };
    },
    cannot: { quit: NO_FURTHER },
  },
  {
    name: 'a file of several gzip members',
    make: async (bytes, directory) => {
      const path = join(directory, 'in.ndjson.gz');
      const third = Math.ceil(bytes.length / 3);
      const members = [0, 1, 2].map(at => zlib.gzipSync(bytes.subarray(at * third, (at + 1) * third)));
      await writeFile(path, Buffer.concat(members));
      return { spec: async () => compressedSource(path, UNPACK) };
    },
    cannot: { quit: NO_FURTHER, unread: 'to unpack it again costs more than to keep it' },
  },
  {
    name: 'a file of zstd',
    make: async (bytes, directory) => {
      const path = join(directory, 'in.ndjson.zst');
      await writeFile(path, zstdCompressSync!(bytes));
      return { spec: async () => compressedSource(path, UNPACK) };
    },
    ...(zstdCompressSync === undefined && { unavailable: 'this Node has no zstd' }),
    cannot: { quit: NO_FURTHER, unread: 'to unpack it again costs more than to keep it' },
  },
  {
    name: 'a followed file',
    make: async (bytes, directory) => {
      const path = join(directory, 'in.ndjson');
      await writeFile(path, bytes);
      const discoveries: Discovery[] = [];
      return {
        spec: positions =>
          new Promise<SourceSpec>((resolve, reject) => {
            const discovery = new FollowedFiles({ patterns: [path], tell: note => reject(new Error(note)) });
            discoveries.push(discovery);
            discovery.start(positions, resolve).catch(reject);
          }),
        end: () => rm(path),
        leave: async () => {
          for (const discovery of discoveries.splice(0)) await discovery.stop();
        },
      };
    },
    cannot: { quit: NO_FURTHER },
  },
  {
    name: 'a named pipe',
    make: async (bytes, directory) => {
      const path = join(directory, 'pipe');
      execFileSync('mkfifo', [path]);
      const writer = createWriteStream(path);
      // The reader may leave before the end.
      writer.on('error', () => undefined);
      writer.end(bytes);
      return { spec: async () => pipeSource(path) };
    },
    cannot: { resume: NOT_AGAIN, unread: NOT_AGAIN },
  },
  {
    name: 'a stream, as standard input is',
    make: async bytes => {
      const stream = new PassThrough();
      stream.end(bytes);
      const source = new StreamedInput(stream, 'standard input');
      return {
        spec: async () => ({ name: '-', id: undefined, live: false, check, open: async () => source }),
      };
    },
    cannot: { resume: NOT_AGAIN, unread: NOT_AGAIN },
  },
];

for (const row of ROWS) sourceSuite(row);
