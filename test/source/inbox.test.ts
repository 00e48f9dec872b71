import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SENDER_TURN_BYTES } from '../../src/base/limits.ts';
import { World } from './inbox-world.ts';

/** Lines that many producers bring to one inbox. */

const step = fc.oneof(
  fc.record({ kind: fc.constant('send'), producer: fc.constantFrom('a', 'b', 'c'), n: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant('connect'), producer: fc.constantFrom('a', 'b', 'c'), n: fc.constant(0) }),
  fc.record({ kind: fc.constant('leave'), producer: fc.constantFrom('a', 'b', 'c'), n: fc.constant(0) }),
  fc.record({ kind: fc.constant('read'), producer: fc.constant(''), n: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant('commit'), producer: fc.constant(''), n: fc.nat({ max: 10 }) }),
  fc.record({ kind: fc.constant('crash'), producer: fc.constant(''), n: fc.constant(0) }),
);

function numbersOf(text: string, producer: string): number[] {
  return text
    .split('\n')
    .filter(line => line.startsWith(`${producer} `))
    .map(line => Number(line.split(' ')[1]));
}

describe('an inbox', () => {
  test('has every line of a producer once and in order, however it comes, goes, is read, committed and crashes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const world = new World();
        const most: Record<string, number> = {};
        for (const { kind, producer, n } of [...steps, { kind: 'crash', producer: '', n: 0 }]) {
          if (kind === 'send') world.send(producer, n);
          if (kind === 'connect') world.connect(producer);
          if (kind === 'leave') world.leave(producer);
          if (kind === 'read') await world.read(n);
          if (kind === 'commit') await world.commit(n / 10);
          if (kind === 'crash') world.crash();
          for (const [name, { next }] of world.sources) most[name] = Math.max(most[name] ?? 0, next - 1);
          for (const name of ['a', 'b', 'c']) {
            const read = numbersOf(
              world.durable + world.stream.slice(0, world.stream.lastIndexOf('\n') + 1),
              name,
            );
            expect(read).toEqual(read.map((_, index) => index + 1));
            expect(world.journal[`id producer ${name}`] ?? 0).toBe(numbersOf(world.durable, name).length);
          }
        }
        for (const [name, last] of Object.entries(most)) {
          const source = world.connect(name);
          world.send(name, last + 1 - source.next);
        }
        while (world.inbox.readable() === undefined) await world.read(50);
        await world.commit(1);
        expect(world.stream).toBe('');
        for (const [name, last] of Object.entries(most)) {
          expect(numbersOf(world.durable, name)).toHaveLength(last);
          expect(world.sources.get(name)?.progress).toMatchObject({ read: last, committed: last });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('tells each sender of its own lines only, and where these begin', async () => {
    const world = new World();
    world.send('a', 2);
    world.send('b', 1);
    const [a, b] = [world.sources.get('a')!, world.sources.get('b')!];
    await world.read(1000);
    world.send('a', 1);
    await world.read(1000);
    const [first, second, third, fourth] = world.stream.split('\n');
    expect([first![0], second![0], third![0], fourth![0]]).toEqual(['a', 'a', 'b', 'a']);
    expect(b.places).toEqual([{ line: 2, offset: first!.length + second!.length + 2 }]);
    const reached = { line: 3, offset: 0, unfinished: false };
    expect(await world.inbox.positions(reached)).toEqual({
      id: reached,
      'id producer a': 2,
      'id producer b': 1,
    });
    world.inbox.committed(reached);
    expect([a.committedLines, b.committedLines]).toEqual([2, 1]);
    const next = { line: 4, offset: 0, unfinished: false };
    expect(await world.inbox.positions(next)).toEqual({ id: next, 'id producer a': 3 });
    world.inbox.committed(next);
    expect([a.committedLines, b.committedLines]).toEqual([3, 1]);
  });

  test('gives a sender that has much no more than its turn while others wait', async () => {
    const world = new World();
    world.send('a', 20_000);
    world.send('b', 1);
    await world.read(10 * SENDER_TURN_BYTES);
    const before = world.stream.indexOf('b 1 ');
    expect(before).toBeGreaterThan(0);
    // A line is not torn apart.
    expect(before).toBeLessThan(SENDER_TURN_BYTES + 100);
  });

  test('does not remember the names of producers that have sent nothing', () => {
    const world = new World();
    for (let n = 0; n < 20_000; n++) {
      expect(world.inbox.enter(`p${n}`)).toBeDefined();
      world.inbox.leave(`p${n}`);
    }
  });

  test('knows only so many producers, and those it knows it goes on to know', async () => {
    const world = new World();
    let known = 0;
    while (world.inbox.enter(`p${known}`) !== undefined) known++;
    expect(known).toBe(10_000);
    expect(world.inbox.enter('p7')).toMatchObject({ read: 0, committed: 0 });
    world.inbox.leave('p7');
    expect(world.inbox.enter('another')).toBeUndefined();
    world.inbox.leave('p8');
    expect(world.inbox.enter('another')).toBeDefined();
  });

  test('comes to its end when nothing is left, and wakes who waits for it', async () => {
    const world = new World();
    const waiting = world.inbox.readable();
    world.send('a', 2);
    await waiting;
    world.inbox.quit();
    expect(await world.inbox.read(Buffer.alloc(100))).toBeGreaterThan(0);
    expect(await world.inbox.read(Buffer.alloc(100))).toBe('end');
    expect(world.inbox.readable()).toBeUndefined();
  });
});
