import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/base/gate.ts';
import { CHUNK_BYTES, TURN_BYTES } from '../../src/base/limits.ts';
import { ChunkPool } from '../../src/pipeline/chunk-pool.ts';
import { slotBytesFor } from '../../src/pipeline/chunk.ts';
import { Feed } from '../../src/pipeline/feed.ts';
import { SourceBook } from '../../src/pipeline/source-book.ts';
import { Stop } from '../../src/pipeline/stop.ts';
import type { Discovery, Positions, SourceSpec } from '../../src/source/contract.ts';
import { EndlessSource, QuittingSource, ScriptedSource, specOf } from './scripted-source.ts';

const LINE_BYTES_MAX = 100;

function stage(specs: readonly SourceSpec[], discovery?: Discovery, positions: Positions = {}) {
  const pool = new ChunkPool(2, slotBytesFor(LINE_BYTES_MAX), 1);
  const gate = new Gate();
  const stop = new Stop(gate, pool);
  const sources = new SourceBook([]);
  const options = { specs, discovery, positions, sources, pool, gate, stop };
  const most = { lineBytesMax: LINE_BYTES_MAX, hasRoom: () => true, chunkBytes: () => CHUNK_BYTES };
  const feed = new Feed({ ...options, ...most });
  return { feed, pool, stop, sources };
}

interface Read {
  readonly name: string;
  /** Undefined for the end of the source. */
  readonly text: string | undefined;
}

/** All that the feed gives, each piece as soon as it is there. */
async function* readFrom({ feed, pool }: ReturnType<typeof stage>): AsyncGenerator<Read, void, void> {
  for await (const fed of feed.all()) {
    const { name } = fed.source.spec;
    if (fed.kind === 'source-end') {
      yield { name, text: undefined };
      continue;
    }
    const { slot, from, to, refused } = fed.chunk;
    const text = Buffer.from(slot.bytes.subarray(from, to)).toString('latin1');
    pool.give(slot);
    yield { name, text: refused?.reason ?? text };
  }
}

async function allOf(scene: ReturnType<typeof stage>, onRead?: (read: Read) => void): Promise<string[]> {
  const all: string[] = [];
  for await (const read of readFrom(scene)) {
    all.push(read.text === undefined ? `${read.name} ends` : `${read.name} ${read.text.trim()}`);
    onRead?.(read);
  }
  return all;
}

function endlessly(name: string): SourceSpec {
  return specOf(new EndlessSource(name, '123456789\n'), true);
}

/** A discovery that finds what a test gives it. */
class ScriptedDiscovery implements Discovery {
  readonly trace: string[] = [];
  found!: (spec: SourceSpec) => void;
  readonly #atStart: readonly SourceSpec[];

  constructor(...atStart: readonly SourceSpec[]) {
    this.#atStart = atStart;
  }

  async start(positions: Positions, found: (spec: SourceSpec) => void): Promise<void> {
    this.trace.push(`started with ${JSON.stringify(positions)}`);
    this.found = found;
    for (const spec of this.#atStart) found(spec);
  }

  async stop(): Promise<void> {
    this.trace.push('stopped');
  }
}

describe('Feed', () => {
  test('reads sources with an end one after the other, and opens none before its turn', async () => {
    const one = new ScriptedSource('one', '1\n', '2\n');
    const two = new ScriptedSource('two', '3\n4').end();
    const reading = allOf(stage([specOf(one, false), specOf(two, false)]));
    await new Promise(setImmediate);
    expect(two.trace).toEqual([]);
    one.give('5\n').end();
    expect(await reading).toEqual(['one 1', 'one 2', 'one 5', 'one ends', 'two 3', 'two 4', 'two ends']);
  });

  test('reads live sources beside those with an end, and ends with the last of all', async () => {
    const file = new ScriptedSource('file', '1\n');
    const live = new ScriptedSource('live', 'a\n');
    const seen: string[] = [];
    const scene = stage([specOf(file, false), specOf(live, true)]);
    const reading = allOf(scene, ({ name, text }) => {
      seen.push(`${name} ${text?.trim()}`);
      if (text === 'a\n') file.give('2\n');
      if (text === '2\n') live.give('b\n');
      if (text === 'b\n') file.end();
      if (name === 'file' && text === undefined) live.give('c\n').end();
    });
    expect(await reading).toHaveLength(7);
    expect(seen.slice(2)).toEqual(['file 2', 'live b', 'file undefined', 'live c', 'live undefined']);
  });

  test('lets no source wait for more than one turn of each other one, however much they have', async () => {
    const names = ['a', 'b', 'c'];
    const scene = stage([...names.map(endlessly), specOf(new EndlessSource('file', '12\n'), false)]);
    const all = [...names, 'file'];
    /** Bytes that each has given since each other one had its last chunk. */
    const since = new Map(all.map(waiting => [waiting, new Map(all.map(other => [other, 0]))]));
    const given = new Map(all.map(name => [name, 0]));
    let chunks = 0;
    for await (const { name, text } of readFrom(scene)) {
      if (text === undefined) continue;
      given.set(name, given.get(name)! + text.length);
      for (const [waiting, others] of since) {
        if (waiting === name) for (const other of all) others.set(other, 0);
        else others.set(name, others.get(name)! + text.length);
        for (const bytes of others.values()) expect(bytes).toBeLessThanOrEqual(TURN_BYTES + CHUNK_BYTES);
      }
      if (++chunks === 40) scene.stop.request();
    }
    for (const bytes of given.values()) expect(bytes).toBeGreaterThanOrEqual(TURN_BYTES);
  });

  test('does not let an endless line keep the others from being read', async () => {
    const scene = stage([
      specOf(new EndlessSource('endless', 'x'), true),
      specOf(new ScriptedSource('other', '1\n'), true),
    ]);
    expect(await allOf(scene, ({ name }) => name === 'other' && scene.stop.request())).toEqual([
      'other 1',
      'endless line-too-long',
      'endless ends',
    ]);
  });

  test('keeps what is no whole line yet, while others are read', async () => {
    const a = new ScriptedSource('a', '1');
    const b = new ScriptedSource('b', '3\n');
    const scene = stage([specOf(a, true), specOf(b, true)]);
    const reading = allOf(scene, ({ text }) => {
      if (text === '3\n') a.give('2\n').end();
      if (text === '12\n') b.end();
    });
    expect(await reading).toEqual(['b 3', 'a 12', 'a ends', 'b ends']);
  });

  test('asks what could lose something for its end on a stop, reads all of that, and leaves the rest alone', async () => {
    const waiting = new QuittingSource('waiting');
    const pending = new QuittingSource('pending', 'unfini');
    const file = new ScriptedSource('file', '1\n', '2\n', '3\n');
    const followed = new ScriptedSource('followed');
    const next = new ScriptedSource('next', '4\n').end();
    const scene = stage([
      specOf(file, false),
      specOf(next, false),
      ...[waiting, pending, followed].map(source => specOf(source, true)),
    ]);
    const all = await allOf(scene, ({ text }) => {
      if (text !== '1\n') return;
      scene.stop.request();
      waiting.give('a\n', 'b');
      followed.give('not read\n');
    });
    expect(all.slice(0, 1)).toEqual(['file 1']);
    expect(all.slice(1).sort()).toEqual([
      'pending ends',
      'pending unfini',
      'waiting a',
      'waiting b',
      'waiting ends',
    ]);
    expect([waiting.trace, pending.trace]).toEqual([
      ['opened', 'quit'],
      ['opened', 'quit'],
    ]);
    expect([followed.trace, next.trace]).toEqual([['opened'], []]);
  });

  test.each([
    ['lines', '1\n'],
    ['one line', 'x'],
  ])('asks a source for its end that gives %s without end', async (_, fill) => {
    const source = new EndlessSource('endless', fill);
    const scene = stage([specOf(source, true)]);
    setImmediate(scene.stop.request);
    const all = await allOf(scene);
    expect(all.at(-1)).toBe('endless ends');
    expect(source.trace).toEqual(['opened', 'quit']);
  });

  test('gives no half line of a source that cannot be read again, where nobody reads the output any more', async () => {
    for (const live of [true, false]) {
      const source = new QuittingSource('pipe', 'a\n', 'b\n{"ha');
      const scene = stage([specOf(source, live)]);
      const all = await allOf(scene, ({ text }) => {
        if (text === 'a\n') scene.stop.closeOutput();
      });
      expect(all.filter(read => read.includes('{"ha'))).toEqual([]);
    }
  });

  test('opens nothing where it is to stop from the start', async () => {
    const sources = [new ScriptedSource('file', '1\n').end(), new ScriptedSource('live', '2\n').end()];
    const scene = stage(sources.map((source, at) => specOf(source, at === 1)));
    scene.stop.request();
    expect(await allOf(scene)).toEqual([]);
    expect(sources.flatMap(({ trace }) => trace)).toEqual([]);
  });

  test('reads what is found while it goes on, and goes on until it is stopped', async () => {
    const one = specOf(new ScriptedSource('one', '1\n').end(), true);
    const two = specOf(new ScriptedSource('two', '2\n').end(), true);
    const discovery = new ScriptedDiscovery(one);
    const scene = stage([], discovery, { one: 7 });
    const reading = allOf(scene, ({ name, text }) => {
      if (text === undefined && name === 'one') setImmediate(() => discovery.found(two));
      if (text === undefined && name === 'two') setImmediate(scene.stop.request);
    });
    expect(await reading).toEqual(['one 1', 'one ends', 'two 2', 'two ends']);
    expect(discovery.trace).toEqual(['started with {"one":7}', 'stopped']);
  });

  test('fails where a source cannot be opened, after it has given what came before', async () => {
    const broken = {
      ...specOf(new ScriptedSource('broken'), false),
      open: () => Promise.reject(new Error('no')),
    };
    const discovery = new ScriptedDiscovery();
    const scene = stage([specOf(new ScriptedSource('one', '1\n').end(), false), broken], discovery);
    const seen: string[] = [];
    await expect(allOf(scene, ({ text }) => seen.push(text ?? 'end'))).rejects.toThrow('no');
    expect(seen).toEqual(['1\n', 'end']);
    expect(discovery.trace.at(-1)).toBe('stopped');
  });

  test('stops looking for sources also where that could not begin', async () => {
    const discovery = new ScriptedDiscovery();
    discovery.start = () => Promise.reject(new Error('no'));
    await expect(allOf(stage([], discovery))).rejects.toThrow('no');
    expect(discovery.trace).toEqual(['stopped']);
  });

  test('fails where a source does, and gives all slots back', async () => {
    const failing = new ScriptedSource('failing', '1\n');
    const scene = stage([specOf(failing, true)]);
    const reading = allOf(scene, () => {
      failing.read = () => Promise.reject(new Error('broken'));
      failing.give('2\n');
    });
    await expect(reading).rejects.toThrow('broken');
    expect(new Set([scene.pool.takeFree(), scene.pool.takeFree()]).size).toBe(2);
  });
});
