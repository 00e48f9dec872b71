import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEY_GROUPS } from '../../src/kernel/key-group.ts';
import { KeyLoad } from '../../src/partition/key-load.ts';
import type { LaneSet } from '../../src/pipeline/lane-set.ts';
import { Scaling } from '../../src/pipeline/scaling.ts';
import type { Scatter } from '../../src/pipeline/scatter.ts';

/** Lanes, scatter and clock as a test wants them. */
class Scene {
  nowMs = 0;
  isHeldBack = true;
  isIdle = false;
  /** Share of the time for which each of the lanes that are given work has some. */
  occupied = 1;
  rested: number[] = [];
  readonly lanes: { readonly outstanding: { occupiedMs: number } }[];
  readonly set: LaneSet;
  readonly load = new KeyLoad();
  table: Uint8Array = new Uint8Array(KEY_GROUPS);
  readonly scaling: Scaling;

  constructor(min: number, max: number, { hasKey = true, active = Math.max(1, min) } = {}) {
    this.lanes = Array.from({ length: max }, () => ({ outstanding: { occupiedMs: 0 } }));
    const isIdle = (): boolean => this.isIdle;
    const table = (): Uint8Array | undefined => (hasKey ? this.table : undefined);
    this.set = {
      lanes: this.lanes,
      active,
      get isIdle() {
        return isIdle();
      },
      rest: (from: number) => this.rested.push(from),
    } as unknown as LaneSet;
    const scatter = {
      load: hasKey ? this.load : undefined,
      get laneOfGroup() {
        return table();
      },
      change: (next: Uint8Array) => {
        this.table = next;
        return true;
      },
    } as unknown as Scatter;
    vi.spyOn(performance, 'now').mockImplementation(() => this.nowMs);
    // Half of a processor's time goes to others.
    vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: 0, system: 0 }));
    this.scaling = new Scaling({
      lanes: this.set,
      range: { min, max },
      scatter,
      isHeldBack: () => this.isHeldBack,
    });
    this.scaling.end();
  }

  look(times: number): void {
    for (let look = 0; look < times; look++) {
      this.nowMs += 100;
      for (const lane of this.lanes.slice(0, this.set.active))
        lane.outstanding.occupiedMs += 100 * this.occupied;
      this.scaling.look();
    }
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('Scaling', () => {
  test('gives work to more lanes while all are busy and reading waits, and spreads the key groups over them', () => {
    const scene = new Scene(1, 4);
    scene.look(2);
    expect(scene.set.active).toBe(2);
    expect(new Set(scene.table)).toEqual(new Set([0, 1]));
    scene.look(4);
    expect(scene.set.active).toBe(4);
    expect([0, 1, 2, 3].map(lane => scene.table.filter(own => own === lane).length)).toEqual([
      64, 64, 64, 64,
    ]);
  });

  test('takes lanes away when there is little to do, and ends their threads', () => {
    const scene = new Scene(1, 4, { active: 4 });
    Object.assign(scene, { isHeldBack: false, occupied: 0.1 });
    scene.look(60);
    expect(scene.set.active).toBe(1);
    expect(new Set(scene.table)).toEqual(new Set([0]));
    expect(scene.rested.at(-1)).toBe(1);
  });

  test('leaves no thread where none has anything to do, if it may be none', () => {
    const scene = new Scene(0, 2, { hasKey: false });
    Object.assign(scene, { isHeldBack: false, isIdle: true, occupied: 0 });
    scene.look(20);
    expect(scene.rested.at(-1)).toBe(0);
    // One event: the thread that comes is not ended before it was idle for a while.
    Object.assign(scene, { isIdle: false, occupied: 0.1 });
    scene.look(1);
    Object.assign(scene, { isIdle: true, occupied: 0 });
    scene.look(5);
    expect(scene.rested.at(-1)).toBe(1);
    scene.look(20);
    expect(scene.rested.at(-1)).toBe(0);
  });

  test('keeps a fixed number of lanes, whatever there is to do', () => {
    const scene = new Scene(3, 3);
    scene.look(40);
    Object.assign(scene, { isHeldBack: false, isIdle: true, occupied: 0 });
    scene.look(100);
    expect(scene.set.active).toBe(3);
    expect(scene.rested.every(from => from === 3)).toBe(true);
  });

  test('moves heavy groups from a lane that has more than its share, also among a fixed number of lanes', () => {
    const scene = new Scene(2, 2);
    scene.table = Uint8Array.from({ length: KEY_GROUPS }, (_, group) => group % 2);
    // All that is known of lies in lane 0.
    for (const group of [0, 2, 4, 6])
      scene.load.add(
        [],
        Array.from({ length: 100 }, () => group),
      );
    scene.look(10);
    expect([0, 2, 4, 6].filter(group => scene.table[group] === 1)).toHaveLength(2);
  });

  test('moves nothing where too little is known, or nothing would be gained', () => {
    for (const [groups, count] of [
      [[0, 2], 50],
      [[0], 1000],
    ] as const) {
      const scene = new Scene(2, 2);
      const before = Uint8Array.from({ length: KEY_GROUPS }, (_, group) => group % 2);
      scene.table = before;
      for (const group of groups)
        scene.load.add(
          [],
          Array.from({ length: count }, () => group),
        );
      scene.look(10);
      expect(scene.table).toBe(before);
    }
  });
});
