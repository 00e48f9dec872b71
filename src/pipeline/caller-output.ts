import type { EndsView, LinesView, UnreadLine } from './lines-view.ts';
import type { CommitView, Output } from './output.ts';
import type { ToCaller } from './run-options.ts';

/** The caller of the run as output: nothing is stored, and what comes out is handed on as it comes. */
export class CallerOutput implements Output {
  readonly positions = {};
  readonly readBefore = 0;
  readonly cuts = [];
  readonly #to: ToCaller;
  readonly #view: CommitView;
  #topics: readonly string[] = [];

  constructor(to: ToCaller, view: CommitView) {
    this.#to = to;
    this.#view = view;
  }

  lines(lines: LinesView): void {
    this.#to.onLines?.(lines);
  }

  unreadLine(line: UnreadLine): void {
    this.#to.onUnreadLine?.(line);
  }

  ends(ends: EndsView): void {
    this.#to.onEnds?.(ends);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.#to.onLines !== undefined) return;
    this.#to.onEvents(bytes.slice(start, end), undefined);
  }

  async addTopics(topics: readonly string[]): Promise<void> {
    this.#topics = topics;
    this.#to.onTopics(topics);
  }

  emit(topic: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#to.onLines !== undefined) return;
    this.#to.onEvents(bytes.slice(start, end), this.#topics[topic]!);
  }

  /** Nobody asks for them. */
  changeState(): void {}

  /** Every run begins without any. */
  state(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  dead(letter: string): void {
    this.#to.onDead(letter);
  }

  endChunk(): void {
    this.#to.onChunkEnd?.();
    this.#view.take().committed();
  }

  endSource(): void {
    this.#view.take().committed();
  }

  ready(): Promise<void> | undefined {
    return this.#to.ready?.();
  }

  async useHandler(): Promise<void> {}

  async commit(): Promise<void> {}

  async close(): Promise<void> {}
}
