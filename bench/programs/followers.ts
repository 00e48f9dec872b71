import { realDisk } from '../../src/store/disk.ts';
import { TopicReader } from '../../src/store/topic-reader.ts';

/**
 * Follows a topic with so many readers: followers.js STORE COUNT, until standard input ends. Prints for each commit that a
 * reader has seen how long after the commit was begun that was, in milliseconds.
 */

const [store, count] = process.argv.slice(2) as [string, string];
const ended = new AbortController();
process.stdin.resume().once('end', () => ended.abort());
const tookMs: number[] = [];
const readers = await Promise.all(
  Array.from({ length: Number(count) }, () => TopicReader.open(realDisk, store, 'bench')),
);
console.error('open');
await Promise.all(readers.map(follow));
console.log(JSON.stringify({ tookMs }));

async function follow(reader: TopicReader): Promise<void> {
  let next = reader.state.end.offset;
  while (!ended.signal.aborted) {
    await reader.changed(ended.signal);
    for await (const { offset, events, time } of reader.frames(next)) {
      tookMs.push(Date.now() - time);
      next = offset + events;
    }
  }
}
