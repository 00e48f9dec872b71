import { clearEdits } from '../../src/kernel/edits.ts';
import { TABLE_BYTES_PER_LINE } from '../../src/kernel/line-table.ts';
import { loadMerger } from '../../src/kernel/load.ts';
import type { Merger } from '../../src/kernel/merger.ts';
import { allocateSlots, type SharedSlot, type WasmMemory } from '../../src/kernel/slot-memory.ts';
import { compileModule } from '../../src/kernel/wasm.ts';
import type { LineRange } from '../../src/worker/protocol.ts';
import { type SlotView, viewSlot } from '../../src/worker/slot-view.ts';

/** A slot for tests of what runs in a worker thread, for either engine, and chunks of lines that are laid into it. */

export const ENGINES = ['plain', 'wasm'] as const;
export type EngineName = (typeof ENGINES)[number];

/** Lanes that there are instances of the WebAssembly engine for, and what the slot holds. */
export const LANES = 3;
export const SLOT_BYTES = 512 * 1024;
export const SLOT_LINES = 16 * 1024;

export interface Place {
  readonly engine: EngineName;
  readonly wasm: WasmMemory | undefined;
  readonly shared: SharedSlot;
  readonly merger: Merger;
}

const module = compileModule();
const places = new Map<EngineName, Place>();

/** The memory of an engine; all tests of a file work in the same. */
export function placeOf(engine: EngineName): Place {
  const known = places.get(engine);
  if (known !== undefined) return known;
  const table = { lines: SLOT_LINES, tableBytesPerLine: TABLE_BYTES_PER_LINE };
  const load = (): WebAssembly.Module | undefined => (engine === 'wasm' ? module : undefined);
  const { slots, wasm } = allocateSlots(1, SLOT_BYTES, table, LANES + 1, load);
  if ((wasm !== undefined) !== (engine === 'wasm')) throw new Error(`there is no engine "${engine}"`);
  const place = { engine, wasm, shared: slots[0]!, merger: loadMerger(wasm, 0) };
  places.set(engine, place);
  return place;
}

export interface Room {
  readonly recordsBytes?: number;
  readonly editsBytes?: number;
}

/** A slot as a thread sees it, with less room where that is asked for. */
export function slotOf({ shared }: Place, room: Room = {}): SlotView {
  return viewSlot({ ...shared, ...room });
}

export interface Laid {
  readonly range: LineRange;
  /** Where each line begins, and its newline. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** What lies around a chunk. It would be taken for lines, and for ones that nobody has handled. */
const AROUND = Buffer.from('{"a":1}\n"}],1\\');

/** Lays lines into the slot, the first `from` bytes behind its beginning, as a chunk that nobody has looked at. */
export function lay(slot: SlotView, lines: readonly (string | Uint8Array)[], from = 0): Laid {
  const { bytes, table, edits } = slot;
  const chunk = Buffer.concat(lines.flatMap(line => [Buffer.from(line), Buffer.from('\n')]));
  const to = from + chunk.length;
  if (to > bytes.length || lines.length > SLOT_LINES) throw new Error('the slot is too small for this test');
  bytes.fill(AROUND, Math.max(0, from - 200), Math.min(bytes.length, to + 200));
  chunk.copy(bytes, from);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const line of lines) {
    const start = (ends.at(-1) ?? from - 1) + 1;
    starts.push(start);
    ends.push(start + Buffer.from(line).length);
  }
  // Of chunks before.
  table.outcomes.fill(-4, 0, lines.length + 10);
  table.lanes.fill(0, 0, lines.length + 10);
  table.starts.fill(-1, 0, lines.length + 10);
  clearEdits(edits);
  return { range: { kind: 'range', from, to, line: 0 }, starts, ends };
}
