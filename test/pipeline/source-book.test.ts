import { describe, expect, test } from 'vitest';
import { SourceBook } from '../../src/pipeline/source-book.ts';
import type { Reached } from '../../src/source/contract.ts';
import { ScriptedSource, specOf } from './scripted-source.ts';

/** Wants to know what was committed. */
class AwaitedSource extends ScriptedSource {
  committed({ offset }: Reached): void {
    this.trace.push(`committed ${offset}`);
  }
}

const at = (offset: number): Reached => ({ offset, line: 1, unfinished: false });
const settle = () => new Promise(setImmediate);

async function openAll(...sources: readonly ScriptedSource[]) {
  const book = new SourceBook([]);
  const open = [];
  for (const source of sources) open.push(await book.open(specOf(source, true), {}));
  return { book, open };
}

describe('SourceBook', () => {
  test('gives the positions of what was reached since the last time, as it is then', async () => {
    const { book, open } = await openAll(
      new ScriptedSource('a'),
      new ScriptedSource('b'),
      new ScriptedSource('c'),
    );
    book.reach(open[0]!, at(1));
    book.reach(open[1]!, at(2));
    book.reach(open[0]!, at(3));
    const positions = book.take().positions();
    book.reach(open[0]!, at(9));
    expect(await positions).toEqual({ a: 3, b: 2 });
    expect(await book.take().positions()).toEqual({ a: 9 });
    expect(await book.take().positions()).toEqual({});
  });

  test('tells a source at once which of its lines were put out', async () => {
    const settled: number[] = [];
    const source = Object.assign(new ScriptedSource('a'), {
      settled: (lines: number) => settled.push(lines),
    });
    const { book, open } = await openAll(source);
    book.reach(open[0]!, { offset: 70, line: 3, unfinished: false });
    book.reach(open[0]!, { offset: 90, line: 4, unfinished: false });
    expect(settled).toEqual([3, 4]);
  });

  test('asks what has no id for no position', async () => {
    const book = new SourceBook([]);
    const source = new ScriptedSource('pipe');
    const spec = { ...specOf(source, false), id: undefined };
    const open = await book.open(spec, {});
    book.reach(open, at(5));
    expect(await book.take().positions()).toEqual({});
    book.finish(open);
    expect(await book.take().positions()).toEqual({});
    expect(source.trace).toEqual(['opened', 'closed']);
  });

  test('tells a source what was committed when that is durable, and not what was reached since', async () => {
    const source = new AwaitedSource('a');
    const { book, open } = await openAll(source, new ScriptedSource('b'));
    book.reach(open[1]!, at(1));
    expect(book.isAwaited).toBe(false);
    book.reach(open[0]!, at(4));
    expect(book.isAwaited).toBe(true);
    const taken = book.take();
    const positions = taken.positions();
    expect(book.isAwaited).toBe(false);
    book.reach(open[0]!, at(8));
    expect(await positions).toEqual({ a: 4, b: 1 });
    expect(source.trace).toEqual(['opened', 'positions 4']);
    taken.committed();
    expect(source.trace.slice(2)).toEqual(['committed 4']);
    expect(book.isAwaited).toBe(true);
  });

  test('closes a source that is finished as soon as its last position is known, and gives that with the next commit', async () => {
    const source = new ScriptedSource('a');
    let keep!: () => void;
    const held = new Promise<void>(resolve => {
      keep = resolve;
    });
    const positions = source.positions.bind(source);
    source.positions = async reached => {
      await held;
      return positions(reached);
    };
    const { book, open } = await openAll(source);
    book.reach(open[0]!, at(1));
    const before = book.take().positions();
    book.reach(open[0]!, at(2));
    book.finish(open[0]!);
    await settle();
    expect(source.trace).toEqual(['opened']);
    keep();
    expect(await before).toEqual({ a: 1 });
    expect(await book.take().positions()).toEqual({ a: 2 });
    await settle();
    expect(source.trace).toEqual(['opened', 'positions 1', 'positions 2', 'closed']);
    await book.close();
    expect(source.trace).toHaveLength(4);
  });

  test('keeps a source that waits for its commit open until its end is committed', async () => {
    const source = new AwaitedSource('a');
    const { book, open } = await openAll(source);
    book.reach(open[0]!, at(1));
    const first = book.take();
    await first.positions();
    book.reach(open[0]!, at(2));
    book.finish(open[0]!);
    expect(book.isAwaited).toBe(true);
    first.committed();
    expect(source.trace).toEqual(['opened', 'positions 1', 'committed 1']);
    const second = book.take();
    expect(await second.positions()).toEqual({ a: 2 });
    expect(source.trace).not.toContain('closed');
    second.committed();
    expect(source.trace.slice(3)).toEqual(['positions 2', 'committed 2', 'closed']);
  });

  test('fails the commit whose position cannot be told, and nothing else', async () => {
    const source = new ScriptedSource('a');
    source.positions = () => Promise.reject(new Error('gone'));
    const { book, open } = await openAll(source);
    book.finish(open[0]!);
    // Nobody is looking yet, which must not end the process.
    await settle();
    await expect(book.take().positions()).rejects.toThrow('gone');
    expect(source.trace).toEqual(['opened', 'closed']);
  });

  test('closes what is open when a run ends early', async () => {
    const sources = [new ScriptedSource('a'), new AwaitedSource('b')];
    const { book } = await openAll(...sources);
    await book.close();
    expect(sources.map(({ trace }) => trace)).toEqual([
      ['opened', 'closed'],
      ['opened', 'closed'],
    ]);
  });

  test('knows how much there is to read, and how much of that earlier runs have read, where all have an end', async () => {
    const source = Object.assign(new ScriptedSource('a'), { start: at(30) });
    const book = new SourceBook([100, 50]);
    await book.open(specOf(source, false), {});
    expect(book.inputBytes()).toEqual({ total: 150, earlier: 30 });
    expect(new SourceBook([100, undefined, 50]).inputBytes()).toBeUndefined();
  });
});
