import type { Output } from '../../src/pipeline/output.ts';

/** An output that remembers what it was given. */
export class FakeOutput implements Output {
  readonly positions = {};
  readonly readBefore = 0;
  readonly cuts = [];
  readonly pieces: string[] = [];
  readonly letters: string[] = [];
  readonly topics: string[] = [];
  /** Topic and text of each event that was emitted. */
  readonly emitted: (readonly [number, string])[] = [];
  readonly stateChanges: string[] = [];
  /** Events of each chunk. */
  readonly chunks: number[] = [];
  /** What `ready` gives: set it to hold the flow back. */
  holdBack: Promise<void> | undefined;

  get text(): string {
    return this.pieces.join('');
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.pieces.push(Buffer.from(bytes.slice(start, end)).toString());
  }

  async addTopics(topics: readonly string[]): Promise<void> {
    this.topics.push(...topics);
  }

  emit(topic: number, bytes: Uint8Array, start: number, end: number): void {
    this.emitted.push([topic, Buffer.from(bytes.slice(start, end)).toString()]);
  }

  changeState(bytes: Uint8Array, length: number): void {
    this.stateChanges.push(Buffer.from(bytes.slice(0, length)).toString());
  }

  async state(): Promise<undefined> {
    return undefined;
  }

  dead(letter: string): void {
    this.letters.push(letter);
  }

  endChunk(events: number): void {
    this.chunks.push(events);
  }

  endSource(): void {
    // There is nothing to commit.
  }

  ready(): Promise<void> | undefined {
    return this.holdBack;
  }

  async useHandler(): Promise<void> {
    // Nothing tells of it.
  }

  async commit(): Promise<void> {
    // Nothing is kept.
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
