import type { DiskFile } from './disk.ts';
import { corrupt, tooShort } from './failure.ts';
import { BadMember, unpackMember } from './gzip-members.ts';
import type { FrameRow } from './job-state.ts';
import type { MemberRow } from './segment-index.ts';

/**
 * A compressed segment, read by the places of its plain bytes: the member in which they are is unpacked, and no other.
 *
 * A member holds whole frames, so that those of one frame are in one member. The one that was unpacked last is kept.
 */

interface Member {
  /** Where its plain bytes begin and end in the segment. */
  readonly from: number;
  readonly to: number;
  /** Where it stands in the file. */
  readonly at: number;
  readonly size: number;
}

export class PackedSegment {
  readonly #file: DiskFile;
  readonly #where: string;
  readonly #members: readonly Member[];
  #unpacked: { readonly member: Member; readonly plain: Promise<Uint8Array> } | undefined;

  /** `where` names the segment in errors. */
  constructor(
    file: DiskFile,
    index: { readonly frames: readonly FrameRow[]; readonly members: readonly MemberRow[] },
    where: string,
  ) {
    this.#file = file;
    this.#where = where;
    this.#members = placesOf(index.frames, index.members);
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const member = this.#memberAt(at);
    if (member === undefined) throw corrupt(`the index of ${this.#where} has no member for byte ${at}`);
    if (this.#unpacked?.member !== member) this.#unpacked = { member, plain: this.#unpack(member) };
    const plain = await this.#unpacked.plain;
    const start = at - member.from;
    return plain.subarray(start, start + length);
  }

  borderAfter(at: number): number {
    return this.#memberAt(at)?.to ?? Number.POSITIVE_INFINITY;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #unpack({ from, to, at, size }: Member): Promise<Uint8Array> {
    const packed = new Uint8Array(size);
    const found = await this.#file.read(packed, at);
    if (found < size)
      throw tooShort(`${this.#where} ends at byte ${at + found} of its compressed file, too early`);
    try {
      return await unpackMember(packed, to - from);
    } catch (error) {
      if (!(error instanceof BadMember)) throw error;
      throw corrupt(`${this.#where} is damaged in the member from byte ${at} on: ${error.message}`);
    }
  }

  /** Found by halving: a segment may have very many. */
  #memberAt(at: number): Member | undefined {
    let low = 0;
    let high = this.#members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#members[middle]!.to <= at) low = middle + 1;
      else high = middle;
    }
    return this.#members[low];
  }
}

function placesOf(frames: readonly FrameRow[], rows: readonly MemberRow[]): Member[] {
  const members: Member[] = [];
  let frame = 0;
  let from = 0;
  let at = 0;
  for (const [size, count] of rows) {
    let to = from;
    for (const end = frame + count; frame < end; frame++) to += frames[frame]?.[1] ?? 0;
    members.push({ from, to, at, size });
    from = to;
    at += size;
  }
  return members;
}
