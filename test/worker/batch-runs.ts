import type { Handler } from '../../src/index.ts';
import { loadKernel } from '../../src/kernel/load.ts';
import { parsePath } from '../../src/kernel/path.ts';
import type { SpellingCheck } from '../../src/kernel/program.ts';
import { PathScanner } from '../../src/kernel/scan.ts';
import { RunAccount } from '../../src/pipeline/account.ts';
import { ChunkMerge } from '../../src/pipeline/merge.ts';
import type { OnError } from '../../src/pipeline/run-options.ts';
import { type EventReading, readHandler } from '../../src/query/handler-reader.ts';
import { parseSelect } from '../../src/query/select.ts';
import { parseWhere } from '../../src/query/where.ts';
import { KeyedState } from '../../src/base/keyed-state.ts';
import { Changes } from '../../src/worker/changes.ts';
import { type CacheOptions, LoadCache } from '../../src/worker/load-cache.ts';
import { ParcelRun } from '../../src/worker/parcel-run.ts';
import type { EventWatch } from '../../src/worker/event-watch.ts';
import { permitsMemory } from '../../src/worker/permits.ts';
import { makePlan } from '../../src/worker/plan.ts';
import {
  type BatchResult,
  type LineRange,
  type ListedLines,
  PROGRESS_BYTES,
} from '../../src/worker/protocol.ts';
import { ConcurrentRun } from '../../src/worker/concurrent-run.ts';
import { type BatchEnvironment, runBatch } from '../../src/worker/run-batch.ts';
import { scanChunk } from '../../src/worker/scan-chunk.ts';
import { ScannedLines } from '../../src/worker/scanned-lines.ts';
import type { SlotView } from '../../src/worker/slot-view.ts';
import { WayChoice } from '../../src/worker/way-choice.ts';
import type { WorkOptions } from '../../src/worker/work-options.ts';
import { FakeOutput } from '../pipeline/fake-output.ts';
import { handlerOf } from './handler-sources.ts';
import { type EngineName, LANES, type Laid, lay, type Place, placeOf, type Room, slotOf } from './slots.ts';

/**
 * Runs a handler over some lines as a run of the program would, in one thread: finds the lines, gives them to lanes, runs
 * the batches, and puts the outputs together.
 */

/** Where the lines of a batch come from: it finds them, some lane found them for all, or a thread that has died. */
export const LINES = ['range', 'listed', 'again'] as const;

export interface Setting {
  /** Set for several events at the same time. */
  readonly work?: WorkOptions | undefined;
  /** Topics that the handler may emit to. */
  readonly topics?: readonly string[];
  /** The handler, or the text of a module whose default export it is. */
  readonly handler?: Handler | string | undefined;
  readonly where?: string | undefined;
  readonly select?: string | undefined;
  readonly key?: string | undefined;
  readonly lines?: (typeof LINES)[number];
  /** Whether events are decoded in part, where that is possible. */
  readonly inPart?: boolean;
  /** How closely the kernel looks at the spelling, where that is not left to the plan. */
  readonly spelling?: SpellingCheck | undefined;
  readonly onError?: OnError;
  /** Told of the steps of each event. */
  readonly watch?: EventWatch;
  readonly timeoutMs?: number;
  readonly lineBytesMax?: number;
  readonly attempt?: number;
  readonly room?: Room;
  readonly cache?: CacheOptions;
  /** Of the handler. */
  readonly version?: string;
}

export interface Outcome {
  /** All that was put out, each byte a character. */
  readonly output: string;
  /** Topic and text of what was emitted. */
  readonly emitted: FakeOutput['emitted'];
  readonly stateChanges: FakeOutput['stateChanges'];
  readonly letters: readonly string[];
  readonly account: RunAccount;
  readonly results: readonly BatchResult[];
  readonly slot: SlotView;
  readonly laid: Laid;
}

export const BASE = 1000;
const SOURCE = 'in.ndjson';
const FROM = 3;
const LINE_BYTES_MAX = 1024 * 1024;

export async function run(
  engine: EngineName,
  lines: readonly (string | Uint8Array)[],
  setting: Setting,
): Promise<Outcome> {
  const place = placeOf(engine);
  const slot = slotOf(place, setting.room);
  const laid = lay(slot, lines, FROM);
  const key = setting.key ?? (setting.lines === 'listed' ? 'id' : undefined);
  const lanes: BatchEnvironment[] = [];
  const laneAt = (lane: number): BatchEnvironment =>
    (lanes[lane] ??= environmentOf(place, slot, lane, { ...setting, key }));
  const results: BatchResult[] = [
    {
      linesTo: lines.length,
      dead: [],
      overflow: [],
      emitted: [],
      state: undefined,
      ways: { inPart: 0, whole: 0 },
      busyMs: 0,
    },
  ];
  for (const batch of batchesOf(laneAt(0), laid, lines.length, setting)) {
    const task = { slot: 0, source: SOURCE, base: BASE, number: 1, attempt: setting.attempt ?? 1 };
    const env = laneAt(batch.lane);
    const { work } = setting;
    const handling =
      work === undefined
        ? runBatch(env, { ...task, lines: batch.lines })
        : runOf(env, work).run({ ...task, lines: batch.lines });
    results.push(await handling);
  }
  return { ...merge(place, slot, laid, results, setting), results, slot, laid };
}

export function runOf(env: BatchEnvironment, work: WorkOptions): Pick<ConcurrentRun, 'run'> {
  const limits = { rateClock: new SharedArrayBuffer(8), permits: permitsMemory(100), lane: 1 };
  if (work.batch === undefined) return new ConcurrentRun(env, work, limits);
  return new ParcelRun(env, work, work.batch, limits);
}

/** What a thread has, as number `lane`. */
export function environmentOf(
  { wasm }: Place,
  slot: SlotView,
  lane: number,
  { handler, where, select, key, inPart = true, spelling, onError, timeoutMs = 0, ...rest }: Setting,
): BatchEnvironment {
  const { lineBytesMax = LINE_BYTES_MAX } = rest;
  const { handle, reading } = loaded(handler);
  const plan = makePlan({
    key,
    where: where === undefined ? undefined : parseWhere(where),
    select: select === undefined ? undefined : parseSelect(select),
    hasHandler: handler !== undefined,
    reading,
    lineBytesMax,
  });
  const program = { ...plan.program };
  if (spelling !== undefined) Object.assign(program, { spelling, linesOnly: false });
  return {
    handler: handle,
    version: rest.version,
    takesContext: reading?.takesContext ?? true,
    plan: { ...plan, program },
    changes: new Changes(plan),
    kernel: loadKernel(wasm, lane + 1, program, LANES),
    topics: rest.topics ?? [],
    state: new KeyedState(),
    cache: rest.cache === undefined ? undefined : new LoadCache(rest.cache),
    countNames: new Set(),
    ways: new WayChoice(inPart && plan.parts !== undefined),
    slots: [slot],
    scanner: key === undefined ? undefined : new PathScanner(parsePath(key)),
    progress: new Int32Array(PROGRESS_BYTES / 4),
    lineBytesMax,
    timeoutMs,
    stopAtDead: onError === 'stop',
    watch: rest.watch,
  };
}

const modules = new Map<string, { readonly handle: Handler; readonly reading: EventReading | undefined }>();

/** The handler, and what its source says of it, as a thread knows it. */
function loaded(handler: Setting['handler']): {
  readonly handle: Handler | undefined;
  readonly reading: EventReading | undefined;
} {
  if (typeof handler !== 'string') return { handle: handler, reading: undefined };
  let known = modules.get(handler);
  if (known === undefined) {
    const handle = handlerOf(handler);
    const reading = readHandler(handler, 'file:///millrace/index.js');
    if (reading !== undefined && reading.source !== Function.prototype.toString.call(handle)) {
      throw new Error(`another function was read: ${reading.source}`);
    }
    known = { handle, reading };
    modules.set(handler, known);
  }
  return known;
}

interface LaneLines {
  readonly lane: number;
  readonly lines: LineRange | ListedLines;
}

function* batchesOf(
  { kernel, plan, slots, scanner }: BatchEnvironment,
  { range }: Laid,
  lineCount: number,
  { lines }: Setting,
): Generator<LaneLines> {
  if (lines === 'listed') {
    const laneOfGroup = Uint8Array.from({ length: 256 }, (_, group) => group % LANES);
    const scan = scanChunk(
      { kernel, slots, scanner: scanner! },
      { slot: 0, ...range, laneOfGroup, loads: new Uint32Array(LANES) },
    );
    const { text, records, recordsTo } = scan;
    for (const [lane, bytes] of scan.laneBytes.entries()) {
      if (bytes === 0) continue;
      yield { lane, lines: { kind: 'listed', lane, from: 0, to: scan.lines, text, records, recordsTo } };
    }
  } else if (lines === 'again') {
    const scanned = new ScannedLines(kernel, plan.recordWords, slots[0]!, range);
    while (scanned.next(true)) continue;
    const list = { kind: 'listed', lane: 0, from: 0, text: 'bytes', records: 0, recordsTo: 0 } as const;
    if (lineCount > 0) yield { lane: 0, lines: { ...list, to: lineCount } };
  } else {
    yield { lane: 0, lines: range };
  }
}

function merge(
  { merger }: Place,
  slot: SlotView,
  { range }: Laid,
  results: readonly BatchResult[],
  { onError = 'dead-letter', lineBytesMax = LINE_BYTES_MAX }: Setting,
): Pick<Outcome, 'output' | 'letters' | 'emitted' | 'stateChanges' | 'account'> {
  const output = new FakeOutput();
  const account = new RunAccount();
  const options = { output, merger, account, onError, lineBytesMax };
  const { from, to } = range;
  const end = { endOffset: BASE + to, unfinished: false, refused: undefined };
  new ChunkMerge(options, { slot: { ...slot, index: 0 }, from, to, base: BASE, ...end }, SOURCE, 0).lines(
    results,
  );
  account.check();
  const { text, letters, emitted, stateChanges } = output;
  return { output: text, letters, emitted, stateChanges, account };
}
