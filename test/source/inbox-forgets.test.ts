import { describe, expect, test } from 'vitest';
import { PRODUCERS_MAX } from '../../src/base/limits.ts';
import { World } from './inbox-world.ts';

/** Producers that say that they are done, and those that do not. */

describe('an inbox', () => {
  test('forgets a producer that is done, also in the journal, so that others find room for ever', async () => {
    const known = Array.from({ length: PRODUCERS_MAX - 1 }, (_, n) => [`id producer ${n}`, 1] as const);
    const world = new World();
    world.journal = Object.fromEntries(known);
    world.crash();
    for (let n = 0; n < 50; n++) {
      world.send(`p${n}`, 2);
      await world.read(1000);
      await world.commit(1);
      world.inbox.retire(`p${n}`);
      world.leave(`p${n}`);
    }
    await world.lastCommit();
    expect(Object.keys(world.journal)).toHaveLength(known.length + 1);
  });

  test('forgets nobody who has not said so, or of whom something is not committed, or who is still there', async () => {
    const world = new World();
    for (const producer of ['gone', 'uncommitted', 'there']) world.send(producer, 2);
    await world.read(1000);
    world.inbox.retire('uncommitted');
    world.inbox.retire('there');
    world.leave('gone');
    world.leave('uncommitted');
    expect(world.inbox.enter('uncommitted')).toMatchObject({ read: 2, committed: 0 });
    world.inbox.leave('uncommitted');
    await world.commit(1);
    expect(world.journal).toMatchObject({
      'id producer gone': 2,
      'id producer uncommitted': 2,
      'id producer there': 2,
    });
    world.leave('there');
    await world.lastCommit();
    // It has come again since it said that it was done.
    expect(world.journal).toMatchObject({ 'id producer gone': 2, 'id producer uncommitted': 2 });
    expect(world.journal).not.toHaveProperty(['id producer there']);
  });

  test('forgets one that is done as soon as the last of its lines is committed', async () => {
    const world = new World();
    world.send('a', 2);
    await world.read(1000);
    world.inbox.retire('a');
    world.leave('a');
    await world.commit(1);
    world.send('b', 1);
    await world.read(1000);
    await world.commit(1);
    expect(world.journal).not.toHaveProperty(['id producer a']);
    expect(world.inbox.enter('a')).toMatchObject({ read: 0, committed: 0 });
  });

  test('numbers the lines of one that comes after it was forgotten from 1 on, whatever is committed when', async () => {
    const world = new World();
    world.send('a', 3);
    await world.read(1000);
    await world.commit(1);
    world.inbox.retire('a');
    world.leave('a');
    world.send('a', 1);
    await world.read(1000);
    await world.commit(1);
    expect(world.journal['id producer a']).toBe(1);
    await world.lastCommit();
    expect(world.journal['id producer a']).toBe(1);
    world.crash();
    expect(world.inbox.enter('a')).toMatchObject({ read: 1, committed: 1 });
  });
});
