import type { AloneReport, BenchReport, FlameNode, HandlerReport } from '../../src/bench/report.ts';

/** A report with all that there can be, for whatever shows one. */
export function exampleReport(): BenchReport {
  return {
    version: 2,
    millrace: '0.1.0',
    time: '2026-11-30T12:00:00.000Z',
    seconds: 42,
    seed: 7,
    interrupted: false,
    machine: {
      cores: 2,
      cpu: 'a processor',
      memoryGiB: 16,
      platform: 'linux x64',
      node: 'v20.20.2',
      v8: '11.3',
      load: 0.5,
      othersShare: 0.02,
    },
    input: {
      names: ['access.ndjson'],
      bytes: 16_000_000,
      events: 64_000,
      isPart: true,
      measured: 51_200,
      digest: 'abc',
    },
    handlers: [
      handler('old.ts', true, 1000, '</script><script>alert(1)</script>'),
      handler('new.ts', false, 880, 'toCents'),
    ],
    comparisons: [
      {
        name: 'new.ts',
        baseline: 'old.ts',
        verdict: {
          finding: 'faster',
          ratio: 0.88,
          interval: { low: 0.86, high: 0.91 },
          probability: 0.0005,
          pairs: 12,
          text: '12 % faster, 95 % interval 9 to 14 %',
        },
        ratios: [0.87, 0.89],
        sameOutputs: true,
        saved: undefined,
      },
    ],
    notes: ['handlers alone were given only the first part of the input: see --sample'],
  };
}

function handler(name: string, isBaseline: boolean, ns: number, hot: string): HandlerReport {
  return {
    name,
    isBaseline,
    key: 'client.ip',
    alone: alone(ns),
    outputs: { digest: 'def', read: 64_000, events: 64_000, bytes: 17_000_000, dead: 0 },
    pipeline: [1, 2].map(workers => ({
      workers,
      to: 'log',
      eventsPerSecond: (workers * 9e8) / ns,
      bytesPerSecond: (workers * 2.3e11) / ns,
      interval: { low: 8e8 / ns, high: 1e9 / ns },
      speedUp: workers * 0.95,
      efficiency: 0.95,
      stages: { read: 0.1, scatter: 0.02, wait: 0.8, handle: 0.97, gather: 0.1, write: 0.2, fsync: 0.01 },
      bottleneck: 'handle, in the workers, busy 97 % of the time',
      peakBytes: 120e6,
      loopDelayMs: { p50: 0.1, p99: 2, max: 9 },
      rounds: [9e8 / ns],
      overTime: [0.1, 0.2, 0.3].map(seconds => ({
        seconds,
        eventsPerSecond: (9e8 / ns) * (1 + seconds / 10),
      })),
    })),
    atLoad: isBaseline
      ? undefined
      : {
          askedPerSecond: 20_000,
          reachedPerSecond: 20_000,
          kept: true,
          workers: 2,
          events: 100_000,
          latencyMs: { p50: 3, p90: 5, p99: 8, p999: 20, max: 31 },
          bins: { edges: [1, 2, 4, 8, 16, 32], counts: [100, 400, 300, 50, 2] },
        },
    profile: {
      file: `${name}.cpuprofile`,
      functions: [
        { name: hot, place: `${name}:7`, share: 0.2 },
        { name: 'encode', place: 'millrace', share: 0.1 },
      ],
      lines: [{ name: 'return price * 100;', place: `${name}:8`, share: 0.2 }],
      flame: flame(name, hot),
    },
    heap: { file: undefined, functions: [{ name: hot, place: `${name}:7`, share: 1 }], bytes: 1e6 },
  };
}

function leaf(name: string, place: string, value: number): FlameNode {
  return { name, place, value, children: [] };
}

function flame(name: string, hot: string): FlameNode {
  const own: FlameNode = {
    name: '(anonymous)',
    place: `${name}:3`,
    value: 500,
    children: [leaf(hot, `${name}:7`, 200), leaf('parse', 'node:url', 100)],
  };
  return {
    name: 'all',
    place: '',
    value: 1000,
    children: [
      { name: 'runBatch', place: 'millrace', value: 900, children: [own, leaf('encode', 'millrace', 300)] },
      leaf('(garbage collector)', '', 100),
    ],
  };
}

function alone(ns: number): AloneReport {
  return {
    nsPerEvent: ns,
    interval: { low: ns * 0.98, high: ns * 1.02 },
    eventsPerSecond: 1e9 / ns,
    bytesPerSecond: 2.5e11 / ns,
    single: {
      p50: ns * 0.9,
      p90: ns * 1.5,
      p99: ns * 4,
      p999: ns * 20,
      max: ns * 100,
      timed: 1000,
      parse: 0.5,
      handle: 0.3,
      encode: 0.2,
      handleNs: ns * 0.3,
      lookedShare: 1,
      bins: { edges: [0.5, 1, 2, 4, 8].map(edge => edge * ns), counts: [400, 500, 90, 10] },
    },
    allocatedBytesPerEvent: 640,
    gc: { pauses: 12, longestMs: 1.5, share: 0.03 },
    deadShare: 0,
    idleShare: 0,
    warmUp: { ms: 200, steady: true },
    yardsticks: [],
    wallNs: [[ns, ns * 1.1]],
    ownNs: [[ns, ns * 1.05]],
    gcNs: [[0, ns * 0.1]],
  };
}
